import type { Exemplar, LabelSet } from '../model/metric-family.ts';

/** A sample of a histogram that is filled again and again. */
export interface HistogramRow {
  labels: LabelSet;
  readonly value: {
    count: number;
    sum: number;
    readonly bounds: readonly number[];
    readonly cumulativeCounts: number[];
    exemplars?: readonly (Exemplar | undefined)[];
  };
}

export const createHistogramRow = (bounds: readonly number[]): HistogramRow => ({
  labels: {},
  // A sum that is a double from the start: an object whose number changes its kind is slow.
  value: { count: 0, sum: 0.5, bounds, cumulativeCounts: bounds.map(() => 0) },
});
