import type { HistogramValue, MetricType, Sample } from '../../model/metric-family.ts';

/** Returns why a value does not fit the type, or undefined if it does. */
export function invalidReason(value: Sample['value'], type: MetricType): string | undefined {
  if (typeof value === 'number') return type === 'histogram' ? 'not a native histogram' : undefined;
  return type === 'histogram' ? invalidHistogramReason(value as HistogramValue) : `a native histogram, and no ${type}`;
}

/** Returns why a histogram is invalid. Counts must be integers, which they are not after `rate()`. */
export function invalidHistogramReason({ count, cumulativeCounts }: HistogramValue): string | undefined {
  if (!Number.isInteger(count) || count < 0) return 'its count is not a whole number, as after rate()';
  let last = 0;
  for (const cumulative of cumulativeCounts) {
    if (!(cumulative >= last)) return 'its buckets are not cumulative, as when instances differ in their bounds';
    last = cumulative;
  }
  return last <= count ? undefined : 'a bucket counts more than the histogram';
}
