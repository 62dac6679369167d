import type { HistogramValue } from '../../model/metric-family.ts';

/**
 * An exponential histogram. Positive bucket i counts base^i < value ≤ base^(i+1), where base is 2^(2^-scale), and
 * negative bucket i the same of -value (OpenTelemetry, "Metrics Data Model").
 */
export interface ExponentialHistogram {
  readonly count: number;
  readonly sum?: number;
  readonly scale: number;
  readonly zeroCount: number;
  /**
   * Maximum absolute value that is counted as zero.
   * @default 0
   */
  readonly zeroThreshold?: number;
  readonly positive: ExponentialBuckets;
  readonly negative: ExponentialBuckets;
}

interface ExponentialBuckets {
  readonly offset: number;
  readonly bucketCounts: readonly number[];
}

/** Bounds of all histograms of one family: `sum by (le)` is wrong if series have different ones. */
export interface BucketLayout {
  readonly scale: number;
  readonly bounds: readonly number[];
  /** Returns the first position in `bounds` that counts a bucket of that scale; beyond the end, only +Inf does. */
  positiveAt(index: number): number;
  readonly zeroAt: number;
  negativeAt(index: number): number;
}

/** Maximum number of buckets for each sign: the SDK's default. */
const MAX_BUCKETS = 160;

/**
 * Returns the finest layout that represents all histograms exactly. The bounds of a scale are also bounds of the next
 * higher one, so that adding up buckets converts a histogram to a lower scale. The SDK starts at scale 20 and lowers it
 * as the values spread: with a lower `maxScale`, the bounds rarely change.
 */
export function bucketLayout(histograms: readonly ExponentialHistogram[], maxScale: number): BucketLayout {
  let scale = maxScale;
  let zeroThreshold = 0;
  for (const histogram of histograms) {
    if (hasBuckets(histogram)) scale = Math.min(scale, histogram.scale);
    zeroThreshold = Math.max(zeroThreshold, histogram.zeroThreshold ?? 0);
  }
  let positive = rangeOf(histograms, 'positive', scale);
  let negative = rangeOf(histograms, 'negative', scale);
  while (Math.max(sizeOf(positive), sizeOf(negative)) > MAX_BUCKETS) {
    positive = halved(positive);
    negative = halved(negative);
    scale--;
  }
  return layout(scale, zeroThreshold, positive, negative);
}

/** Converts a histogram to the layout. Each count is exactly that of the values up to its bound. */
export function explicitBuckets(histogram: ExponentialHistogram, layout: BucketLayout): HistogramValue {
  const { count, sum, scale, zeroCount, positive, negative } = histogram;
  const { bounds } = layout;
  const merged = 2 ** (scale - layout.scale);
  const counts = bounds.map(() => 0);
  const add = (position: number, more: number) => {
    if (position < counts.length) counts[position] = (counts[position] as number) + more;
  };
  const addAll = ({ offset, bucketCounts }: ExponentialBuckets, positionOf: (index: number) => number) =>
    bucketCounts.forEach((more, i) => {
      add(positionOf(Math.floor((offset + i) / merged)), more);
    });
  addAll(negative, layout.negativeAt);
  add(layout.zeroAt, zeroCount);
  addAll(positive, layout.positiveAt);
  let total = 0;
  const cumulativeCounts = counts.map((more) => {
    total += more;
    return total;
  });
  return { count, ...(sum !== undefined && { sum }), bounds, cumulativeCounts };
}

/** Indexes of buckets; empty if `low` is above `high`. */
interface Range {
  readonly low: number;
  readonly high: number;
}

const hasBuckets = ({ positive, negative }: ExponentialHistogram) =>
  positive.bucketCounts.length + negative.bucketCounts.length > 0;

function rangeOf(histograms: readonly ExponentialHistogram[], sign: 'positive' | 'negative', scale: number): Range {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const histogram of histograms) {
    const { offset, bucketCounts } = histogram[sign];
    if (bucketCounts.length === 0) continue;
    const merged = 2 ** (histogram.scale - scale);
    low = Math.min(low, Math.floor(offset / merged));
    high = Math.max(high, Math.floor((offset + bucketCounts.length - 1) / merged));
  }
  return { low, high };
}

const sizeOf = ({ low, high }: Range) => high - low + 1;
const halved = ({ low, high }: Range): Range => ({ low: Math.floor(low / 2), high: Math.floor(high / 2) });

/** The bounds include both ends of each bucket in the ranges, as quantiles are interpolated between them. */
function layout(scale: number, zeroThreshold: number, positive: Range, negative: Range): BucketLayout {
  const perDoubling = 2 ** scale;
  // Indexes of normal doubles: their powers differ, and none is infinite.
  const minIndex = Math.ceil(-1022 * perDoubling);
  const maxIndex = Math.ceil(1024 * perDoubling) - 1;
  const power = (index: number) => 2 ** (index / perDoubling);

  const bounds: number[] = [];
  const lastNegative = Math.min(negative.high + 1, maxIndex);
  const firstNegative = Math.max(negative.low, minIndex);
  // A value of exactly -power belongs to the bucket nearer to 0, so that the bound is the next lower double.
  for (let index = lastNegative; index >= firstNegative; index--) bounds.push(-nextUp(power(index)));
  const zeroAt = bounds.push(zeroThreshold) - 1;
  let firstPositive = Math.max(positive.low, minIndex);
  while (firstPositive <= positive.high + 1 && power(firstPositive) <= zeroThreshold) firstPositive++;
  const lastPositive = Math.min(positive.high + 1, maxIndex);
  for (let index = firstPositive; index <= lastPositive; index++) bounds.push(power(index));
  return {
    scale,
    bounds,
    negativeAt: (index) => (index < firstNegative ? zeroAt : lastNegative - index),
    zeroAt,
    positiveAt(index) {
      if (index + 1 >= firstPositive) return zeroAt + 1 + (index + 1 - firstPositive);
      return power(index + 1) <= zeroThreshold ? zeroAt : zeroAt + 1;
    },
  };
}

const double = new DataView(new ArrayBuffer(8));

/** Returns the next double above a positive one. */
function nextUp(value: number): number {
  double.setFloat64(0, value);
  double.setBigUint64(0, double.getBigUint64(0) + 1n);
  return double.getFloat64(0);
}
