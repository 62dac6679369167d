import type { Exemplar, LabelSet, Sample } from '../model/metric-family.ts';
import { BATCH_SIZE, type SampleBatches } from './batches.ts';
import type { Columns } from './columns.ts';
import { createHistogramRow, type HistogramRow } from './histogram-row.ts';
import { isReused, type SlotReuses } from './slot-reuses.ts';

/** Reads columns as samples. The same objects are filled again for each batch. */
export function readColumns(columns: Columns): SampleBatches {
  return columns.bounds === undefined ? new NumberBatches(columns) : new HistogramBatches(columns, columns.bounds);
}

/** The columns as they are at the beginning: they are replaced together when they grow. */
abstract class ColumnBatches<Row extends { labels: LabelSet }> implements SampleBatches {
  private readonly labels: Columns['labels'];
  private readonly length: number;
  private readonly reuses: SlotReuses;
  private readonly pass: number;
  private readonly rows: Row[] = [];
  private slot = 0;

  constructor({ labels, length, reuses }: Columns) {
    this.labels = labels;
    this.length = length;
    this.reuses = reuses;
    this.pass = reuses.startPass();
  }

  next(): readonly Sample[] | undefined {
    const { labels, length, rows, pass } = this;
    const reused = this.reuses.since(pass);
    let size = 0;
    for (; this.slot < length && size < BATCH_SIZE; this.slot++) {
      const labelSet = labels[this.slot];
      if (labelSet === undefined || isReused(reused, this.slot, pass)) continue;
      const row = rows[size] ?? this.addRow();
      row.labels = labelSet;
      this.fill(row, this.slot);
      size++;
    }
    if (size === 0) return undefined;
    // Only the last batch is shorter.
    rows.length = size;
    // They have `exemplar: undefined`, which a sample leaves out.
    return rows as readonly unknown[] as readonly Sample[];
  }

  private addRow(): Row {
    const row = this.createRow();
    this.rows.push(row);
    return row;
  }

  close(): void {
    this.slot = this.length;
  }

  protected abstract createRow(): Row;
  protected abstract fill(row: Row, slot: number): void;
}

interface NumberRow {
  labels: LabelSet;
  value: number;
  exemplar: Exemplar | undefined;
}

class NumberBatches extends ColumnBatches<NumberRow> {
  private readonly values: Float64Array;
  private readonly exemplars: Columns['exemplars'];

  constructor(columns: Columns) {
    super(columns);
    this.values = columns.values;
    this.exemplars = columns.exemplars;
  }

  protected createRow(): NumberRow {
    // A double from the start: an object whose number changes its kind is slow.
    return { labels: {}, value: 0.5, exemplar: undefined };
  }

  protected fill(row: NumberRow, slot: number): void {
    row.value = this.values[slot] as number;
    if (this.exemplars !== undefined) row.exemplar = this.exemplars[slot];
  }
}

class HistogramBatches extends ColumnBatches<HistogramRow> {
  private readonly values: Float64Array;
  private readonly width: number;
  private readonly exemplars: Columns['exemplars'];
  private readonly bounds: readonly number[];

  constructor(columns: Columns, bounds: readonly number[]) {
    super(columns);
    this.values = columns.values;
    this.width = columns.width;
    this.exemplars = columns.exemplars;
    this.bounds = bounds;
  }

  protected createRow(): HistogramRow {
    return createHistogramRow(this.bounds);
  }

  protected fill({ value }: HistogramRow, slot: number): void {
    const { values, bounds, exemplars } = this;
    const { cumulativeCounts } = value;
    const row = slot * this.width;
    value.count = values[row] as number;
    value.sum = values[row + 1] as number;
    let total = 0;
    for (let i = 0; i < bounds.length; i++) {
      total += values[row + 2 + i] as number;
      cumulativeCounts[i] = total;
    }
    if (exemplars === undefined) return;
    const start = slot * (bounds.length + 1);
    value.exemplars = exemplars.slice(start, start + bounds.length + 1);
  }
}
