import type { HistogramValue, MetricType, Sample } from '../../model/metric-family.ts';
import { textNumberValue } from '../../parsers/text-number.ts';

/** Parses a number, which the API sends as a string. Returns undefined for anything else. */
export function parseNumber(text: unknown): number | undefined {
  return typeof text === 'string' ? textNumberValue(text) : undefined;
}

/**
 * Converts a native histogram to one with explicit bounds: `{"count":"10","sum":"3.5","buckets":[[0,"0.5","1","10"]]}`.
 * A bucket has a boundary rule, a lower and an upper boundary, and a count; empty buckets are missing (Prometheus HTTP
 * API, "Native histograms"). Both boundaries become bounds, so that the gaps stay empty. The bounds of the result are
 * inclusive, whatever the rule says, which differs only for values that equal a boundary.
 */
export function parseNativeHistogram(histogram: unknown): HistogramValue | undefined {
  const { count: countText, sum: sumText, buckets = [] } = Object(histogram) as Partial<Record<string, unknown>>;
  const count = parseNumber(countText);
  if (count === undefined || !Array.isArray(buckets)) return undefined;
  const sum = parseNumber(sumText);
  const bounds: number[] = [];
  const cumulativeCounts: number[] = [];
  let total = 0;
  const add = (bound: number) => {
    if (!Number.isFinite(bound)) return;
    bounds.push(bound);
    cumulativeCounts.push(total);
  };
  for (const bucket of buckets) {
    if (!Array.isArray(bucket)) return undefined;
    const [lower, upper, bucketCount] = bucket.slice(1).map(parseNumber);
    if (lower === undefined || upper === undefined || bucketCount === undefined) return undefined;
    if (lower !== bounds.at(-1)) add(lower);
    total += bucketCount;
    add(upper);
  }
  return { count, ...(sum !== undefined && { sum }), bounds, cumulativeCounts };
}

/** Returns why a value does not fit the type, or undefined if it does. */
export function invalidReason(value: Sample['value'], type: MetricType): string | undefined {
  if (typeof value === 'number') return type === 'histogram' ? 'expected a native histogram, got a number' : undefined;
  return type === 'histogram'
    ? invalidHistogramReason(value as HistogramValue)
    : `expected a number for the type ${type}, got a native histogram`;
}

/** Returns why a histogram is invalid. Counts must be integers, which they are not after `rate()`. */
export function invalidHistogramReason({ count, cumulativeCounts }: HistogramValue): string | undefined {
  if (!Number.isInteger(count) || count < 0) return 'expected an integer count; the result of rate() has none';
  let last = 0;
  for (const cumulative of cumulativeCounts) {
    if (!(cumulative >= last)) return 'expected cumulative buckets; instances must not differ in their bounds';
    last = cumulative;
  }
  return last <= count ? undefined : 'expected buckets that count at most as much as the histogram';
}
