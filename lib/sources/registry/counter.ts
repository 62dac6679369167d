import type { LabelSet } from '../../model/metric-family.ts';
import { isLabels, TableMetric, TableSeries } from './metric.ts';
import type { SeriesTable } from './series-table.ts';

export class CounterMetric extends TableMetric<TableCounterSeries> {
  inc(first?: unknown, second?: unknown, third?: unknown): void {
    const { table } = this;
    if (isLabels(first)) {
      const value = this.increment(second);
      const exemplar = this.exemplarOf('inc', third);
      add(table, table.slotOf(first), value, exemplar);
    } else {
      const value = this.increment(first);
      const exemplar = this.exemplarOf('inc', second);
      add(table, table.onlySlot(first), value, exemplar);
    }
  }

  increment(value: unknown): number {
    if (value === undefined) return 1;
    if (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY) return value;
    throw this.invalidValue('inc', value, 'a finite number of at least 0', '1');
  }

  protected override series(labelSet: LabelSet): TableCounterSeries {
    return new TableCounterSeries(this.table, labelSet, this);
  }
}

class TableCounterSeries extends TableSeries {
  private readonly metric: CounterMetric;

  constructor(table: SeriesTable, labelSet: LabelSet, metric: CounterMetric) {
    super(table, labelSet);
    this.metric = metric;
  }

  inc(value?: number, exemplar?: LabelSet): void {
    const increment = this.metric.increment(value);
    const copy = this.metric.exemplarOf('inc', exemplar);
    add(this.table, this.current(), increment, copy);
  }
}

function add(table: SeriesTable, slot: number, value: number, exemplar: LabelSet | undefined): void {
  if (slot === -1) return;
  (table.values[slot] as number) += value;
  if (exemplar !== undefined) table.setExemplar(slot, exemplar, value);
}
