import type { LabelSet } from '../../model/metric-family.ts';
import { isLabels, startTimer, TableMetric, TableSeries } from './metric.ts';
import type { SeriesTable } from './series-table.ts';

/** A histogram's table, which has bounds. */
type Buckets = SeriesTable & { readonly bounds: readonly number[] };

export class HistogramMetric extends TableMetric<TableHistogramSeries> {
  observe(first?: unknown, second?: unknown, third?: unknown): void {
    if (isLabels(first)) {
      const value = this.number(second);
      const exemplar = this.exemplarOf('observe', third);
      observe(this.table as Buckets, this.table.slotOf(first), value, exemplar);
    } else {
      const value = this.number(first);
      const exemplar = this.exemplarOf('observe', second);
      observe(this.table as Buckets, this.table.onlySlot(first), value, exemplar);
    }
  }

  startTimer(labels?: unknown) {
    return startTimer((seconds, end?: unknown, exemplar?: LabelSet) =>
      this.observe({ ...Object(labels), ...Object(end) }, seconds, exemplar),
    );
  }

  zero(labels?: unknown): void {
    const { table } = this;
    const slot = this.slotOf(labels);
    if (slot !== -1 && !table.isOther(slot)) table.clearValues(slot);
  }

  number(value: unknown): number {
    if (Number.isFinite(value)) return value as number;
    throw this.invalidValue('observe', value, 'a finite number', '0.1');
  }

  protected override series(labelSet: LabelSet): TableHistogramSeries {
    return new TableHistogramSeries(this.table, labelSet, this);
  }
}

class TableHistogramSeries extends TableSeries {
  private readonly metric: HistogramMetric;

  constructor(table: SeriesTable, labelSet: LabelSet, metric: HistogramMetric) {
    super(table, labelSet);
    this.metric = metric;
  }

  observe(value: number, exemplar?: LabelSet): void {
    this.metric.number(value);
    const copy = this.metric.exemplarOf('observe', exemplar);
    observe(this.table as Buckets, this.current(), value, copy);
  }

  startTimer(): (exemplar?: LabelSet) => number {
    return startTimer((seconds, exemplar?: LabelSet) => this.observe(seconds, exemplar));
  }
}

function observe(table: Buckets, slot: number, value: number, exemplar: LabelSet | undefined): void {
  if (slot === -1) return;
  const { values, bounds } = table;
  const row = slot * table.width;
  let bucket = 0;
  while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
  (values[row] as number)++;
  (values[row + 1] as number) += value;
  (values[row + 2 + bucket] as number)++;
  if (exemplar !== undefined) table.setExemplar(slot * (bounds.length + 1) + bucket, exemplar, value);
}
