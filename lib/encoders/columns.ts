import type { Exemplar, LabelSet } from '../model/metric-family.ts';

/**
 * Key of a family's `Columns`, which the package's own registry adds to its families. Reading them needs no object for
 * each sample. The family's `samples` are the same series, for everybody else.
 */
export const COLUMNS: unique symbol = Symbol('columns');

/**
 * The numbers of a counter, gauge or histogram by slot: each series has a slot of its own. `labels` and `values` are
 * replaced together when they grow or the family is reset, so a pass over them takes both, and `length`, once.
 */
export interface Columns {
  /** Number of slots in use, free ones between them included. */
  readonly length: number;
  /**
   * Label set of each slot; undefined where the slot is free. It is a new object when the slot is used again, so the
   * identity of a label set tells whether a slot still belongs to the same series.
   */
  readonly labels: readonly (LabelSet | undefined)[];
  /**
   * `width` numbers for each slot. Counter and gauge: the value. Histogram: the count, the sum, and then the count of
   * each bucket alone (not cumulative), the +Inf bucket last.
   */
  readonly values: Float64Array;
  readonly width: number;
  /** Histograms only: finite upper bounds, ascending. */
  readonly bounds?: readonly number[];
  /**
   * Counter: an exemplar for each slot. Histogram: one for each bucket of each slot, at
   * `slot * (bounds.length + 1) + bucket`. Undefined, or shorter, where none was recorded.
   */
  readonly exemplars?: readonly (Exemplar | undefined)[] | undefined;
}

/** A family that has columns. */
export interface ColumnarFamily {
  readonly [COLUMNS]: Columns;
}
