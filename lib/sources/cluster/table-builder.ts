import { histogramOf, labelValue, numberOf, summaryOf } from '../../encoders/samples.ts';
import { isSameLabelSet } from '../../model/labels.ts';
import type { LabelSet, MetricType, Sample } from '../../model/metric-family.ts';
import { isSameList } from '../../util/is-same-list.ts';
import type { FamilyTable, Series, Shape } from './family-table.ts';

/** A table, with what the next collection needs to share its series. */
export interface RecordedFamily {
  readonly table: FamilyTable;
  /** Label objects of the source, by position: comparing them is faster than comparing their labels. */
  readonly sourceLabels: LabelSet[];
}

/** Builds a table from samples. Series that have not changed are shared with the previous table. */
export class TableBuilder {
  private readonly isNumber: boolean;
  private readonly read: (sample: Sample) => Distribution;
  private series: Series[];
  private sourceLabels: LabelSet[];
  private isChanged = false;
  private length = 0;
  private values: Float64Array;
  private size = 0;
  private shape: Shape | undefined;

  constructor(type: MetricType, last: RecordedFamily | undefined) {
    this.isNumber = type !== 'histogram' && type !== 'summary';
    this.read = type === 'summary' ? readSummary : histogramOf;
    // Shared with the previous table until copyOnWrite().
    this.series = (last?.table.series ?? []) as Series[];
    this.sourceLabels = last?.sourceLabels ?? [];
    this.values = new Float64Array(last?.table.values.length ?? 16);
  }

  /** Adds a sample. @throws when it does not fit its family; then nothing was added */
  add(sample: Sample): void {
    // The values are written first and counted once the series is added: both may throw.
    if (this.isNumber) {
      const value = numberOf(sample);
      this.addSeries(sample.labels, undefined);
      this.reserve(1);
      this.values[this.size++] = value;
      return;
    }
    const { count, sum, bounds: keys, cumulativeCounts } = this.read(sample);
    const shape = this.shapeOf(keys, sum !== undefined);
    this.reserve(2 + shape.keys.length);
    let end = this.size;
    this.values[end++] = count;
    this.values[end++] = sum ?? Number.NaN;
    for (let i = 0; i < shape.keys.length; i++) this.values[end++] = cumulativeCounts[i] as number;
    this.addSeries(sample.labels, shape);
    this.size = end;
  }

  end(head: FamilyTable['head']): RecordedFamily {
    if (this.length < this.series.length) this.copyOnWrite();
    const values = this.size === this.values.length ? this.values : this.values.slice(0, this.size);
    return { table: { head, series: this.series, values }, sourceLabels: this.sourceLabels };
  }

  private addSeries(labels: LabelSet, shape: Shape | undefined): void {
    const known = this.series[this.length];
    if (known === undefined || !this.isKnown(known, labels, shape)) {
      const copy = copyLabels(labels);
      if (!this.isChanged) this.copyOnWrite();
      this.series.push(shape === undefined ? { labels: copy } : { labels: copy, shape });
    }
    this.sourceLabels[this.length++] = labels;
  }

  private isKnown(known: Series, labels: LabelSet, shape: Shape | undefined): boolean {
    return known.shape === shape && (this.sourceLabels[this.length] === labels || isSameLabelSet(known.labels, labels));
  }

  /** Copies the series, which differ from the previous table from here on. */
  private copyOnWrite(): void {
    this.isChanged = true;
    this.series = this.series.slice(0, this.length);
    this.sourceLabels = this.sourceLabels.slice(0, this.length);
  }

  /** Reuses the shape of the previous table's series, or of the last series, if they are equal. */
  private shapeOf(keys: readonly number[], hasSum: boolean): Shape {
    for (const shape of [this.series[this.length]?.shape, this.shape]) {
      if (shape?.hasSum === hasSum && isSameList(shape.keys, keys)) {
        this.shape = shape;
        return shape;
      }
    }
    this.shape = { keys: [...keys], hasSum };
    return this.shape;
  }

  private reserve(count: number): void {
    if (this.size + count <= this.values.length) return;
    const larger = new Float64Array(2 * this.values.length + count);
    larger.set(this.values);
    this.values = larger;
  }
}

type Distribution = ReturnType<typeof histogramOf>;

function readSummary(sample: Sample): Distribution {
  const { quantiles, values, ...totals } = summaryOf(sample);
  return { ...totals, bounds: quantiles, cumulativeCounts: values };
}

/** Returns a copy with string values, which the source cannot change later. */
const copyLabels = (labels: LabelSet): LabelSet =>
  Object.fromEntries(Object.keys(labels).map((name) => [name, labelValue(labels, name)]));
