import { MetricsError } from '../../model/errors.ts';
import type { MetricFamily } from '../../model/metric-family.ts';
import type { Scrape } from '../../model/metrics-source.ts';
import { abortable } from '../../util/abortable.ts';
import { isPromise } from '../../util/steps.ts';
import { CALLBACK_SHARE } from '../../util/time-shares.ts';

/** Result of a callback: undefined unless it failed. */
export type Outcome = { readonly error: unknown } | undefined;

/** Runs the `collect` callback of a metric. One that is pending is not called again. */
export class Callback {
  private readonly call: () => unknown;
  private pending: Promise<Outcome> | undefined;

  constructor(call: () => unknown) {
    this.call = call;
  }

  /** Returns a promise, which does not reject, only for an asynchronous callback. */
  run(): Outcome | Promise<Outcome> {
    if (this.pending !== undefined) return this.pending;
    try {
      const result = this.call();
      if (!isPromise(result)) return undefined;
      this.pending = Promise.resolve(result)
        .then(
          () => undefined,
          (error: unknown) => ({ error }),
        )
        .finally(() => {
          this.pending = undefined;
        });
      return this.pending;
    } catch (error) {
      return { error };
    }
  }
}

/** Yields the families in order. One whose callback fails, or takes most of the scrape's time, is reported instead. */
export async function* settledFamilies(
  families: readonly MetricFamily[],
  pending: ReadonlyMap<MetricFamily, Promise<Outcome>>,
  { signal, timeout, report }: Scrape,
): AsyncGenerator<MetricFamily, void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome>((resolve) => {
    const error = new MetricsError('ERR_METRICS_SOURCE_TIMEOUT', 'the callback collect did not finish in time');
    timer = setTimeout(resolve, timeout * CALLBACK_SHARE, { error });
  });
  try {
    for (const family of families) {
      const outcome = pending.get(family);
      const failure = outcome && (await abortable(Promise.race([outcome, late]), signal));
      if (failure === undefined) yield family;
      else report(failure.error, family.name);
    }
  } finally {
    clearTimeout(timer);
  }
}
