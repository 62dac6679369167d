import type { LabelSet } from '../../model/metric-family.ts';
import { optionError } from '../../util/option-error.ts';
import { copyExemplar } from './exemplar.ts';
import type { LabelReader, LabelValues } from './label-values.ts';
import type { SeriesTable } from './series-table.ts';

/** What the metrics of all types share: access to series by their labels. */
export abstract class TableMetric<Series> {
  /** For error messages. */
  protected readonly name: string;
  protected readonly reader: LabelReader;
  protected readonly table: SeriesTable;

  constructor(name: string, reader: LabelReader, table: SeriesTable) {
    this.name = name;
    this.reader = reader;
    this.table = table;
  }

  protected abstract series(labelSet: LabelSet): Series;

  labels(...args: unknown[]): Series {
    const labels = this.reader.fromArguments(args);
    this.reader.checkCount(labels);
    return this.series(this.reader.createLabelSet(labels));
  }

  remove(...args: unknown[]): void {
    const slot = this.table.find(this.reader.fromArguments(args));
    if (slot !== -1) this.table.remove(slot);
  }

  reset(): void {
    this.table.reset();
  }

  /** Returns the slot to update, or -1, for the first argument of an update. */
  protected slotOf(first: unknown): number {
    return isLabels(first) ? this.table.slotOf(first) : this.table.onlySlot(first);
  }

  /** Returns a copy of the labels of an update's exemplar, if it has one. */
  exemplarOf(method: string, given: unknown): LabelSet | undefined {
    return given === undefined ? undefined : copyExemplar(`${this.name}: ${method}: exemplar`, given);
  }

  protected invalidValue(method: string, value: unknown, expected: string, write: string): TypeError {
    return optionError(`${this.name}: ${method}`, value, { expected, write });
  }
}

/** A handle of one series: its slot as long as the slot belongs to its label set, and a look-up otherwise. */
export abstract class TableSeries {
  protected readonly table: SeriesTable;
  private slot = 0;
  private labelSet: LabelSet;

  constructor(table: SeriesTable, labelSet: LabelSet) {
    this.table = table;
    this.labelSet = labelSet;
  }

  /** Returns the slot to update, or -1. */
  protected current(): number {
    const { table, slot } = this;
    return table.labels[slot] === this.labelSet && table.expiry === undefined ? slot : this.find();
  }

  private find(): number {
    const { table } = this;
    const slot = table.slotOfSet(this.labelSet);
    // Not the series of all those that are too many, as there may be room for this one later.
    if (slot !== -1 && !table.isOther(slot)) {
      this.slot = slot;
      this.labelSet = table.labels[slot] as LabelSet;
    }
    return slot;
  }
}

/** Whether the first argument of an update is its labels. */
export const isLabels = (value: unknown): value is LabelValues => typeof value === 'object' && value !== null;

/** Starts a timer whose end passes the seconds, and its own arguments, to `onEnd`. */
export function startTimer<Arguments extends unknown[]>(onEnd: (seconds: number, ...args: Arguments) => void) {
  const startedAt = performance.now();
  return (...args: Arguments): number => {
    const seconds = (performance.now() - startedAt) / 1000;
    onEnd(seconds, ...args);
    return seconds;
  };
}
