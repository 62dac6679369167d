import type { HistogramValue } from '../../model/metric-family.ts';
import { parseNumber } from './numbers.ts';

/**
 * A native histogram as one with explicit bounds: `{"count":"10","sum":"3.5","buckets":[[0,"0.5","1","10"]]}`, where a
 * bucket has a rule, its two boundaries and its own count, and empty ones are left out (Prometheus HTTP API, "Native
 * histograms"). Both boundaries become bounds, so that no observation seems to lie in a gap. The rule says which of
 * them belongs to the bucket; bounds are always inclusive here, which differs by single points alone.
 */
export function nativeHistogram(histogram: unknown): HistogramValue | undefined {
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
    const [lower, upper, own] = bucket.slice(1).map(parseNumber);
    if (lower === undefined || upper === undefined || own === undefined) return undefined;
    if (lower !== bounds.at(-1)) add(lower);
    total += own;
    add(upper);
  }
  return { count, ...(sum !== undefined && { sum }), bounds, cumulativeCounts };
}
