import { type DataPoint, DataPointType, type Histogram, type MetricData } from '@opentelemetry/sdk-metrics';
import type { HistogramValue, MetricType, Sample } from '../../model/metric-family.ts';
import { type BucketLayout, bucketLayout, explicitBuckets } from './exponential-buckets.ts';

/** Returns the type of a metric; undefined for an unknown type of data points. */
export function typeOf(metric: MetricData): MetricType | undefined {
  switch (metric.dataPointType) {
    case DataPointType.SUM:
      return metric.isMonotonic ? 'counter' : 'gauge';
    case DataPointType.GAUGE:
      return 'gauge';
    case DataPointType.HISTOGRAM:
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return 'histogram';
    default:
      return undefined;
  }
}

/** Returns the value of a metric's data point at a position. */
export type ValueAt = (position: number) => Sample['value'];

/** Returns the layout of the exponential histograms among a family's metrics. */
export function layoutOf(metrics: readonly MetricData[], maxScale: number): BucketLayout {
  const exponential = metrics.filter((metric) => metric.dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM);
  const histograms = exponential.flatMap(({ dataPoints }) => dataPoints.map(({ value }) => value));
  return bucketLayout(histograms, maxScale);
}

export function valueReader(metric: MetricData, layout: BucketLayout): ValueAt {
  switch (metric.dataPointType) {
    case DataPointType.HISTOGRAM:
      return reader(metric.dataPoints, explicitHistogram);
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return reader(metric.dataPoints, (histogram) => explicitBuckets(histogram, layout));
    default:
      return reader(metric.dataPoints, (value) => value);
  }
}

const reader =
  <T>(points: readonly DataPoint<T>[], read: (value: T) => Sample['value']): ValueAt =>
  (position) =>
    read((points[position] as DataPoint<T>).value);

function explicitHistogram({ buckets: { boundaries, counts }, count, sum }: Histogram): HistogramValue {
  // A view may have a bound twice.
  const isWritten = (bound: number, i: number) => Number.isFinite(bound) && bound !== boundaries[i + 1];
  let total = 0;
  const cumulativeCounts = boundaries.map((_, i) => {
    total += counts[i] ?? 0;
    return total;
  });
  const isClean = boundaries.every(isWritten);
  return {
    count,
    ...(sum !== undefined && { sum }),
    // The SDK shares one array between all series, which saves memory and time.
    bounds: isClean ? boundaries : boundaries.filter(isWritten),
    cumulativeCounts: isClean
      ? cumulativeCounts
      : cumulativeCounts.filter((_, i) => isWritten(boundaries[i] as number, i)),
  };
}
