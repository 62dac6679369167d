import { MetricsError } from '../../model/errors.ts';
import type { MetricsSource, Scrape } from '../../model/metrics-source.ts';
import { abortable } from '../../util/abortable.ts';
import type { Gathered, Registration } from './coordinator.ts';
import { Losses, messageOf } from './losses.ts';
import { Recorder } from './recorder.ts';

/** Collects the metrics of this process's source. Rejects after `timeout` ms. */
export type Gather = (timeout: number) => Promise<Gathered>;

/** Collects every family, whether a scrape wants it or not: the counters of a process that exits must be known. */
export function createGather(source: MetricsSource): Gather {
  const recorder = new Recorder();
  return async (timeout) => {
    const losses = new Losses();
    const aborter = new AbortController();
    const { signal } = aborter;
    const timeoutError = () =>
      new MetricsError('ERR_METRICS_SOURCE_TIMEOUT', `its source did not answer within ${Math.round(timeout)} ms`);
    const timer = setTimeout(() => aborter.abort(timeoutError()), timeout).unref();
    const report = (error: unknown, family?: string) => losses.add(error, family);
    const scrape: Scrape = { signal, timeout, wants: () => true, report };
    const record = async () => recorder.record(await source.collect(scrape), losses, signal);
    try {
      return { tables: await abortable(record(), signal), losses: losses.list };
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Responds to a coordinator in the same process. */
export async function gatherFor(
  registration: Registration,
  gather: Gather,
  round: number,
  timeout: number,
): Promise<void> {
  try {
    const { tables, losses } = await gather(timeout);
    registration.answer(round, tables, losses);
  } catch (error) {
    registration.answer(round, undefined, [{ message: messageOf(error), cause: error }]);
  }
}
