import { textNumber } from '../encoders/text-syntax.ts';
import type { LabelSet, MetricFamily, Sample } from '../model/metric-family.ts';
import { seriesText } from '../reader/series-text.ts';

/** One time series as Prometheus stores it: a bucket, a quantile, a count and a sum are one each. */
export interface Series {
  readonly text: string;
  readonly value: number;
}

/** Returns the time series of a sample. */
export function seriesOf({ name }: Pick<MetricFamily, 'name'>, { labels, value }: Sample): Series[] {
  const series = (suffix: string, number: number, own: LabelSet = {}): Series => ({
    text: seriesKey(name + suffix, { ...labels, ...own }),
    value: number,
  });
  if (typeof value === 'number') return [series('', value)];
  const totals = [series('_count', value.count)];
  if (value.sum !== undefined) totals.push(series('_sum', value.sum));
  if ('quantiles' in value) {
    const { quantiles, values } = value;
    return [...quantiles.map((it, i) => series('', values[i] as number, { quantile: textNumber(it) })), ...totals];
  }
  const { bounds, cumulativeCounts, count } = value;
  const buckets = bounds.map((it, i) => series('_bucket', cumulativeCounts[i] as number, { le: textNumber(it) }));
  return [...buckets, series('_bucket', count, { le: '+Inf' }), ...totals];
}

/** Number of time series of a sample. */
export function seriesCount({ value }: Sample): number {
  if (typeof value === 'number') return 1;
  const parts = 'quantiles' in value ? value.quantiles.length : value.bounds.length + 1;
  return parts + (value.sum === undefined ? 1 : 2);
}

/** Formats a series so that equal ones have equal texts: in the order of label names, without empty labels. */
export function seriesKey(name: string, labels: LabelSet): string {
  const names = Object.keys(labels).filter((it) => labels[it] !== '');
  return seriesText(name, Object.fromEntries(names.sort().map((it) => [it, labels[it] as string])));
}
