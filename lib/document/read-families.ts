import { checkFamilies, isAsync } from '../model/iterables.ts';
import type { MetricFamily } from '../model/metric-family.ts';
import type { MetricFamilies } from '../model/metrics-source.ts';
import { closeIterator } from '../util/abortable.ts';
import type { Deadline } from '../util/deadline.ts';
import { isPromise, type Steps, waitFor } from '../util/steps.ts';

/**
 * Reads what a source returned, one family at a time. The deadline's clock runs while one is awaited.
 *
 * @throws {TypeError} when they are no families
 */
export function* readFamilies(families: MetricFamilies, deadline: Pick<Deadline, 'wait'>): Steps<MetricFamily> {
  checkFamilies(families);
  if (isAsync(families)) return yield* readAsync(families, deadline);
  // An iterable may hold promises, which are awaited one at a time.
  for (const item of families as Iterable<MetricFamily | Promise<MetricFamily>>) {
    yield isPromise(item) ? yield* waitFor(deadline.wait(item as Promise<MetricFamily>)) : item;
  }
}

function* readAsync(families: AsyncIterable<MetricFamily>, deadline: Pick<Deadline, 'wait'>): Steps<MetricFamily> {
  const iterator = families[Symbol.asyncIterator]();
  let pending: Promise<unknown> | undefined;
  let isDone = false;
  try {
    for (;;) {
      const next = deadline.wait(iterator.next());
      pending = next;
      const { done, value } = yield* waitFor(next);
      pending = undefined;
      isDone = done === true;
      if (isDone) return;
      yield value;
    }
  } catch (error) {
    // What an iterator throws ends it: it must not be closed.
    isDone = true;
    throw error;
  } finally {
    const close = () => closeIterator(iterator);
    // A family that is awaited may never come.
    if (!isDone) pending === undefined ? close() : pending.then(close, () => undefined);
  }
}
