import { COLUMNS, type ColumnarSamples, type Columns } from '../../encoders/columns.ts';
import { isReused } from '../../encoders/slot-reuses.ts';
import type { HistogramValue, MetricFamily, Sample } from '../../model/metric-family.ts';

/** Creates the family of a table of series. It is the same object at every scrape. */
export function createFamily(head: Omit<MetricFamily, 'samples'>, columns: Columns): MetricFamily {
  const samples: ColumnarSamples = {
    [Symbol.iterator]: head.type === 'histogram' ? () => histogramSamples(columns) : () => numberSamples(columns),
    [COLUMNS]: columns,
  };
  return { ...head, samples };
}

function* numberSamples(columns: Columns): Generator<Sample, void> {
  // Captured as one state, since they are replaced together.
  const { labels, values, length, exemplars, reuses } = columns;
  const pass = reuses.startPass();
  for (let slot = 0; slot < length; slot++) {
    const labelSet = labels[slot];
    if (labelSet === undefined || isReused(reuses.since(pass), slot, pass)) continue;
    const exemplar = exemplars?.[slot];
    const value = values[slot] as number;
    yield exemplar === undefined ? { labels: labelSet, value } : { labels: labelSet, value, exemplar };
  }
}

function* histogramSamples(columns: Columns): Generator<Sample, void> {
  const { labels, values, length, exemplars, reuses, width, bounds = [] } = columns;
  const pass = reuses.startPass();
  for (let slot = 0; slot < length; slot++) {
    const labelSet = labels[slot];
    if (labelSet === undefined || isReused(reuses.since(pass), slot, pass)) continue;
    yield {
      labels: labelSet,
      value: histogramValue(values, slot * width, bounds, exemplarsOf(exemplars, slot, bounds)),
    };
  }
}

function histogramValue(
  values: Float64Array,
  row: number,
  bounds: readonly number[],
  exemplars: HistogramValue['exemplars'],
): HistogramValue {
  const cumulativeCounts = new Array<number>(bounds.length);
  let total = 0;
  for (let i = 0; i < bounds.length; i++) {
    total += values[row + 2 + i] as number;
    cumulativeCounts[i] = total;
  }
  const count = values[row] as number;
  const sum = values[row + 1] as number;
  return { count, sum, bounds, cumulativeCounts, ...(exemplars !== undefined && { exemplars }) };
}

function exemplarsOf(
  exemplars: Columns['exemplars'],
  slot: number,
  bounds: readonly number[],
): HistogramValue['exemplars'] {
  const start = slot * (bounds.length + 1);
  const own = exemplars?.slice(start, start + bounds.length + 1);
  return own?.some((exemplar) => exemplar !== undefined) ? own : undefined;
}
