import type { Exemplar, LabelSet, Sample } from '../model/metric-family.ts';
import type { SlotReuses } from './slot-reuses.ts';

/**
 * Key of the `Columns` of samples, which the package's own registry gives to its families. Reading them needs no object
 * for each sample. Iterating the samples gives the same series.
 */
export const COLUMNS: unique symbol = Symbol('columns');

/**
 * The numbers of a counter, gauge or histogram by slot: each series has its own slot. `labels`, `values`, `exemplars`
 * and `reuses` are replaced together when they grow or the family is reset, so a pass over them takes all of them, and
 * `length`, once.
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
  /** Slots that a pass which is under way leaves out. */
  readonly reuses: SlotReuses;
}

/** Samples that have columns. They can be read again and again. */
export interface ColumnarSamples extends Iterable<Sample> {
  readonly [COLUMNS]: Columns;
}
