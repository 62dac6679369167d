import type { LabelSet } from '../../model/metric-family.ts';
import { isLabels, startTimer, TableMetric, TableSeries } from './metric.ts';
import type { SeriesTable } from './series-table.ts';

export class GaugeMetric extends TableMetric<TableGaugeSeries> {
  inc(first?: unknown, second?: unknown): void {
    const value = this.number('inc', isLabels(first) ? second : first, 1);
    add(this.table, this.slotOf(first), value);
  }

  dec(first?: unknown, second?: unknown): void {
    const value = this.number('dec', isLabels(first) ? second : first, 1);
    add(this.table, this.slotOf(first), -value);
  }

  set(first?: unknown, second?: unknown): void {
    const value = this.number('set', isLabels(first) ? second : first);
    set(this.table, this.slotOf(first), value);
  }

  setToCurrentTime(labels?: unknown): void {
    set(this.table, this.slotOf(labels), Date.now() / 1000);
  }

  startTimer(labels?: unknown) {
    return startTimer((seconds, end?: unknown) => this.set({ ...Object(labels), ...Object(end) }, seconds));
  }

  number(method: string, value: unknown, byDefault?: number): number {
    if (typeof value === 'number') return value;
    if (value === undefined && byDefault !== undefined) return byDefault;
    throw this.invalidValue(method, value, 'a number', '1');
  }

  protected override series(labelSet: LabelSet): TableGaugeSeries {
    return new TableGaugeSeries(this.table, labelSet, this);
  }
}

class TableGaugeSeries extends TableSeries {
  private readonly metric: GaugeMetric;

  constructor(table: SeriesTable, labelSet: LabelSet, metric: GaugeMetric) {
    super(table, labelSet);
    this.metric = metric;
  }

  inc(value?: number): void {
    const increment = this.metric.number('inc', value, 1);
    add(this.table, this.current(), increment);
  }

  dec(value?: number): void {
    const decrement = this.metric.number('dec', value, 1);
    add(this.table, this.current(), -decrement);
  }

  set(value: number): void {
    this.metric.number('set', value);
    set(this.table, this.current(), value);
  }

  setToCurrentTime(): void {
    this.set(Date.now() / 1000);
  }

  startTimer(): () => number {
    return startTimer((seconds) => this.set(seconds));
  }
}

function add(table: SeriesTable, slot: number, value: number): void {
  if (slot !== -1) (table.values[slot] as number) += value;
}

function set(table: SeriesTable, slot: number, value: number): void {
  if (slot !== -1) table.values[slot] = value;
}
