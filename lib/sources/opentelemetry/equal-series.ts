import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import type { HistogramValue, LabelSet, Sample } from '../../model/metric-family.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';
import { isSameList } from '../../util/is-same-list.ts';
import type { SeriesLabels } from './series.ts';

/** One of the metrics that a family consists of. */
export interface Part {
  readonly metric: MetricData;
  readonly series: SeriesLabels;
}

/** Number of series between two chances for the event loop to turn. */
const SLICE_SIZE = 256;

/** Finds the keys of label sets that several series have: attributes may become equal when they are converted. */
export async function repeatedKeys(parts: readonly Part[]): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { metric, series } of parts) {
    for (const [i, { attributes }] of metric.dataPoints.entries()) {
      const { key } = series.at(i, attributes);
      if (seen.size === seen.add(key).size) repeated.add(key);
      if (i % SLICE_SIZE === SLICE_SIZE - 1) await yieldToEventLoop();
    }
  }
  return repeated;
}

interface EqualSeries {
  readonly labels: LabelSet;
  readonly isGauge: boolean;
  value: Sample['value'];
}

/** Adds up the series that have equal labels. */
export class SeriesSum {
  /** Number of series that could not be added. */
  dropped = 0;
  private readonly byKey = new Map<string, EqualSeries>();

  /** Adds a series. Of gauges, which have no sum, the first one is kept, and of histograms with different bounds. */
  add(key: string, { dataPointType }: MetricData, { labels, value }: Sample): void {
    const isGauge = dataPointType === DataPointType.GAUGE;
    const known = this.byKey.get(key);
    if (known === undefined) this.byKey.set(key, { labels, isGauge, value });
    else {
      const sum = isGauge || known.isGauge ? undefined : sumOf(known.value, value);
      if (sum === undefined) this.dropped++;
      else known.value = sum;
    }
  }

  *samples(): Generator<Sample, void> {
    for (const { labels, value } of this.byKey.values()) yield { labels, value };
  }
}

/** Values of one family are all numbers or all histograms. */
function sumOf(a: Sample['value'], b: Sample['value']): Sample['value'] | undefined {
  return typeof a === 'number' ? a + (b as number) : histogramSum(a as HistogramValue, b as HistogramValue);
}

function histogramSum(a: HistogramValue, b: HistogramValue): HistogramValue | undefined {
  if (!isSameList(a.bounds, b.bounds)) return undefined;
  return {
    count: a.count + b.count,
    ...(a.sum !== undefined && b.sum !== undefined && { sum: a.sum + b.sum }),
    bounds: a.bounds,
    cumulativeCounts: a.cumulativeCounts.map((count, i) => count + (b.cumulativeCounts[i] as number)),
  };
}
