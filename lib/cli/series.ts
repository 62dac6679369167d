import { textNumber } from '../encoders/text-syntax.ts';
import type { LabelSet, Sample } from '../model/metric-family.ts';
import { seriesText } from '../reader/series-text.ts';

/** Formats the time series of a sample as Prometheus stores them: each bucket, quantile, count and sum is one. */
export function seriesOf(name: string, { labels, value }: Sample): string[] {
  if (typeof value === 'number') return [seriesKey(name, labels)];
  const totals = value.sum === undefined ? ['_count'] : ['_count', '_sum'];
  const keyed =
    'quantiles' in value
      ? value.quantiles.map((it) => seriesKey(name, { ...labels, quantile: textNumber(it) }))
      : [...value.bounds, Number.POSITIVE_INFINITY].map((it) =>
          seriesKey(`${name}_bucket`, { ...labels, le: textNumber(it) }),
        );
  return [...keyed, ...totals.map((suffix) => seriesKey(name + suffix, labels))];
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
  return seriesText(name, labels, names.sort());
}
