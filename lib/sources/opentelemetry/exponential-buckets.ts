import type { HistogramValue } from '../../model/metric-family.ts';

/**
 * An exponential histogram: bucket i of the positive ones holds base^i < value ≤ base^(i+1), where base is
 * 2^(2^-scale), and bucket i of the negative ones the same of -value (OpenTelemetry, "Metrics Data Model").
 */
export interface ExponentialHistogram {
  readonly count: number;
  readonly sum?: number;
  readonly scale: number;
  readonly zeroCount: number;
  /** Values up to this far from 0 are counted as zeros; 0 where nothing is said. */
  readonly zeroThreshold?: number;
  readonly positive: ExponentialBuckets;
  readonly negative: ExponentialBuckets;
}

interface ExponentialBuckets {
  readonly offset: number;
  readonly bucketCounts: readonly number[];
}

/** What all histograms of one family are written with: `sum by (le)` is wrong where series have bounds of their own. */
export interface BucketLayout {
  readonly scale: number;
  readonly bounds: readonly number[];
  /** Where in `bounds` a bucket of that scale is counted first; beyond the end it is in none but +Inf. */
  positiveAt(index: number): number;
  readonly zeroAt: number;
  negativeAt(index: number): number;
}

/** For each sign; what the SDK itself keeps by default. */
const MAX_BUCKETS = 160;

/**
 * The finest layout that all of the histograms can be written in exactly. A scale's bounds are all bounds of the next
 * scale too, so a histogram can be brought down to a lower one by adding up its buckets. The SDK begins at scale 20
 * and goes down as the values spread: with a lower `maxScale` the bounds stay the same for long.
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

/** The counts are exact: of the values that are at most the bound, no more and no less. */
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

/** Indexes of buckets; none where `low` is above `high`. */
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

/** The bounds are those of all buckets in the range, the outermost ones' far ends too: quantiles are interpolated between. */
function layout(scale: number, zeroThreshold: number, positive: Range, negative: Range): BucketLayout {
  const perDoubling = 2 ** scale;
  // Doubles that are normal: their powers differ, and none is infinite.
  const least = Math.ceil(-1022 * perDoubling);
  const most = Math.ceil(1024 * perDoubling) - 1;
  const power = (index: number) => 2 ** (index / perDoubling);

  const bounds: number[] = [];
  const farthest = Math.min(negative.high + 1, most);
  const nearest = Math.max(negative.low, least);
  // A value of exactly -power is in the bucket nearer to 0: these are the values below it.
  for (let index = farthest; index >= nearest; index--) bounds.push(-nextUp(power(index)));
  const zeroAt = bounds.push(zeroThreshold) - 1;
  let first = Math.max(positive.low, least);
  while (first <= positive.high + 1 && power(first) <= zeroThreshold) first++;
  const last = Math.min(positive.high + 1, most);
  for (let index = first; index <= last; index++) bounds.push(power(index));
  return {
    scale,
    bounds,
    negativeAt: (index) => (index < nearest ? zeroAt : farthest - index),
    zeroAt,
    positiveAt(index) {
      if (index + 1 >= first) return zeroAt + 1 + (index + 1 - first);
      return power(index + 1) <= zeroThreshold ? zeroAt : zeroAt + 1;
    },
  };
}

const double = new DataView(new ArrayBuffer(8));

/** The least double above a positive one. */
function nextUp(value: number): number {
  double.setFloat64(0, value);
  double.setBigUint64(0, double.getBigUint64(0) + 1n);
  return double.getFloat64(0);
}
