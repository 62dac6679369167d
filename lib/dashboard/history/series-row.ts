import type { HistogramValue, LabelSet, Sample, SummaryValue } from '../../model/metric-family.ts';

/** A series whose values are kept. */
export interface SeriesRow {
  readonly labels: LabelSet;
  /** Columns of its numbers; empty when it was released. */
  columns: readonly number[];
  /** Position in its family. */
  index: number;
  /** The last moment at which the series had a sample. */
  lastSeen: number;
}

/** Estimated memory (bytes) of a row besides its values: the object, its array, and its places in other arrays. */
const ROW_SIZE = 200;

/** Estimated memory (bytes) of a label besides its characters. */
const LABEL_SIZE = 32;

/** Returns the estimated memory (bytes) of a row's labels and objects. */
export function rowSize(labels: LabelSet): number {
  let size = ROW_SIZE;
  for (const name in labels) size += LABEL_SIZE + 2 * String(labels[name]).length;
  return size;
}

/** Bounds of a histogram or quantiles of a summary; undefined for a number. */
export function pointsOf(value: Sample['value']): readonly number[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { bounds, quantiles } = value as Partial<HistogramValue & SummaryValue>;
  return bounds ?? quantiles ?? [];
}

/** Returns the n-th number of a value: the number itself or the count, the sum, and then one for each point. */
export function numberAt(value: Sample['value'], n: number): number {
  if (typeof value === 'number') return value;
  const { count, sum, cumulativeCounts, values } = Object(value) as Partial<HistogramValue & SummaryValue>;
  const found = n === 0 ? count : n === 1 ? sum : (cumulativeCounts ?? values)?.[n - 2];
  return typeof found === 'number' ? found : Number.NaN;
}
