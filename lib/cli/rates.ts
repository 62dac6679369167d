import type { MetricFamily, MetricType, Sample } from '../model/metric-family.ts';
import { yieldToEventLoop } from '../util/event-loop.ts';
import { seriesKey } from './series.ts';

/** The series of a document by `seriesKey`, and when it was read. */
export interface Snapshot {
  readonly series: ReadonlyMap<string, SeriesValue>;
  /** Milliseconds of a monotonic clock. */
  readonly time: number;
}

interface SeriesValue {
  readonly type: MetricType;
  /** Value, or the number of observations. */
  readonly value: number;
  /** Sum of the observations. NaN if there is none. */
  readonly sum: number;
}

/** Value and rate of one series. */
export interface SeriesRate {
  readonly series: string;
  readonly type: MetricType;
  /** Value, or the number of observations. */
  readonly value: number;
  /** Increase of a counter, or number of observations. Undefined before the second document. */
  readonly perSecond?: number;
  /** Mean of the observations in between, if there were any. */
  readonly mean?: number;
}

/** Series in the order of their rates: the fastest first, and gauges last. */
export interface Rates {
  /** Number of all series. */
  readonly total: number;
  readonly first: readonly SeriesRate[];
}

/** Reads a whole document. `time` is the time at its end. */
export async function readSnapshot(
  families: AsyncIterable<MetricFamily>,
  isShown: (series: string) => boolean = () => true,
): Promise<Snapshot> {
  const series = new Map<string, SeriesValue>();
  for await (const { name, type, samples } of families) {
    for await (const { labels, value } of samples) {
      const key = seriesKey(name, labels);
      if (isShown(key)) series.set(key, { type, ...totalsOf(value) });
    }
  }
  return { series, time: performance.now() };
}

const totalsOf = (value: Sample['value']) =>
  typeof value === 'number' ? { value, sum: Number.NaN } : { value: value.count, sum: value.sum ?? Number.NaN };

/**
 * Returns the first `limit` series. It yields to the event loop, so that keys of the terminal are handled.
 *
 * @throws the reason of `signal` (rejects) when it is aborted
 */
export async function ratesOf(
  after: Snapshot,
  before: Snapshot | undefined,
  limit: number,
  signal?: AbortSignal,
): Promise<Rates> {
  const seconds = before === undefined ? 0 : (after.time - before.time) / 1000;
  const rates: SeriesRate[] = [];
  for (const [series, now] of after.series) {
    const { type, value } = now;
    const isRate = before !== undefined && type !== 'gauge' && type !== 'untyped';
    rates.push({ series, type, value, ...(isRate && change(now, before.series.get(series), seconds)) });
    if (rates.length >= 2 * limit) keepFirst(rates, limit);
    const turn = yieldToEventLoop();
    if (turn !== undefined) {
      await turn;
      signal?.throwIfAborted();
    }
  }
  keepFirst(rates, limit);
  return { total: after.series.size, first: rates };
}

function keepFirst(rates: SeriesRate[], limit: number): void {
  rates.sort((a, b) => rankOf(b) - rankOf(a) || compareTexts(a.series, b.series));
  rates.length = Math.min(rates.length, limit);
}

/** NaN has no place in an order, and would leave the others without one. */
const rankOf = ({ perSecond = -1 }: SeriesRate): number => (Number.isNaN(perSecond) ? -1 : perSecond);

/** A series that is new, or has started again, counts from 0, as in Prometheus. */
function change(now: SeriesValue, before: SeriesValue | undefined, seconds: number) {
  const isReset = before === undefined || before.value > now.value;
  const count = isReset ? now.value : now.value - before.value;
  const sum = isReset ? now.sum : now.sum - before.sum;
  const hasMean = count > 0 && Number.isFinite(sum);
  return { perSecond: count / seconds, ...(hasMean && { mean: sum / count }) };
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : 1);
