import type { MetricType } from '../model/metric-family.ts';
import type { MetricsDocument, MetricValue } from '../reader/document.ts';
import { seriesKey } from './series.ts';

/** A document, and when it was read. */
export interface Snapshot {
  readonly document: MetricsDocument;
  /** Milliseconds of a monotonic clock. */
  readonly time: number;
}

/** The present of one series. */
export interface SeriesRate {
  readonly series: string;
  readonly type: MetricType;
  /** Increase of a counter, or number of observations. Undefined before the second document. */
  readonly perSecond?: number;
  /** Mean of the observations in between, if there were any. */
  readonly mean?: number;
  /** Value, or the number of observations. */
  readonly value: number;
}

/** Returns all series, the fastest first, and gauges last. */
export function ratesOf(after: Snapshot, before: Snapshot | undefined): SeriesRate[] {
  const earlier = before === undefined ? undefined : valuesOf(before.document);
  const seconds = before === undefined ? 0 : (after.time - before.time) / 1000;
  const rates: SeriesRate[] = [];
  for (const [name, { type, samples }] of Object.entries(after.document)) {
    for (const { labels, value } of samples) {
      const series = seriesKey(name, labels);
      const own = { series, type, value: totalOf(value) };
      const isRate = type !== 'gauge' && type !== 'untyped';
      rates.push(isRate && earlier !== undefined ? { ...own, ...change(value, earlier.get(series), seconds) } : own);
    }
  }
  return rates.sort((a, b) => (b.perSecond ?? -1) - (a.perSecond ?? -1) || compareTexts(a.series, b.series));
}

function valuesOf(document: MetricsDocument): Map<string, MetricValue> {
  const values = new Map<string, MetricValue>();
  for (const [name, { samples }] of Object.entries(document)) {
    for (const { labels, value } of samples) values.set(seriesKey(name, labels), value);
  }
  return values;
}

/** A series that is new, or has started again, counts from 0, as in Prometheus. */
function change(after: MetricValue, before: MetricValue | undefined, seconds: number) {
  const total = totalOf(after);
  const isReset = before === undefined || totalOf(before) > total;
  const count = isReset ? total : total - totalOf(before);
  const sum = isReset ? sumOf(after) : sumOf(after) - sumOf(before);
  const hasMean = count > 0 && Number.isFinite(sum);
  return { perSecond: count / seconds, ...(hasMean && { mean: sum / count }) };
}

const totalOf = (value: MetricValue): number => (typeof value === 'number' ? value : value.count);

/** Returns NaN where there is no sum. */
const sumOf = (value: MetricValue): number => (typeof value === 'number' ? Number.NaN : (value.sum ?? Number.NaN));

const compareTexts = (a: string, b: string): number => (a < b ? -1 : 1);
