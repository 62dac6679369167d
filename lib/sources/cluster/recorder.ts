import { createBatches } from '../../encoders/batches.ts';
import { histogramOf, labelValue, numberOf, summaryOf } from '../../encoders/samples.ts';
import { MetricsError } from '../../model/errors.ts';
import { asyncFamilies, isAsync } from '../../model/iterables.ts';
import { isSameLabelSet } from '../../model/labels.ts';
import type { LabelSet, MetricFamily, MetricType, Sample } from '../../model/metric-family.ts';
import type { MetricFamilies } from '../../model/metrics-source.ts';
import { abortableItems } from '../../util/abortable.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';
import { isSameList } from '../../util/is-same-list.ts';
import { headOf, nameOf } from './family-head.ts';
import { type FamilyTable, isCumulative, type Series, type Shape } from './family-table.ts';
import { type Losses, messageOf } from './losses.ts';

/** Records a source's families as tables. Series that recur are the same objects, so that the encoder does not send them again. */
export class Recorder {
  private previous: ReadonlyMap<string, Previous> = new Map();
  private started = 0;
  /** Number of the collection that `previous` belongs to. */
  private newest = 0;

  /**
   * Records one collection. Closes the iterators of the families and of the current samples when the signal aborts.
   *
   * @throws what the families throw, and the signal's reason if it has aborted by the end
   */
  async record(families: MetricFamilies, losses: Losses, signal: AbortSignal): Promise<readonly FamilyTable[]> {
    const number = ++this.started;
    const recorded = new Map<string, Previous>();
    for await (const family of abortableItems(asyncFamilies(families), signal)) {
      let name: string | undefined;
      try {
        name = nameOf(family);
        if (recorded.has(name))
          throw new MetricsError('ERR_METRICS_INVALID_FAMILY', 'expected a unique name; an earlier family has it');
        recorded.set(name, await recordFamily(family, this.previous.get(name), losses, signal));
      } catch (error) {
        if (name !== undefined && recorded.has(name))
          losses.note({ message: `${name}: ${messageOf(error)}`, cause: error });
        else losses.add(error, name);
      }
      // A source whose families are all broken must not block the event loop.
      await yieldToEventLoop();
    }
    // An aborted collection must not replace the values of a later one.
    signal.throwIfAborted();
    for (const name of losses.families) {
      const last = this.previous.get(name);
      // A family that could not be read keeps its last value: a counter must not restart.
      if (last !== undefined && !recorded.has(name) && isCumulative(last.table.head.type)) recorded.set(name, last);
    }
    // Two coordinators may send requests at once when one replaces the other: keep the newer values.
    if (number > this.newest) {
      this.newest = number;
      this.previous = recorded;
    }
    return Array.from(recorded.values(), ({ table }) => table);
  }
}

interface Previous {
  readonly table: FamilyTable;
  /** Label objects of the source, by position: comparing them is faster than comparing their labels. */
  readonly sourceLabels: LabelSet[];
}

async function recordFamily(
  family: MetricFamily,
  previous: Previous | undefined,
  losses: Losses,
  signal: AbortSignal,
): Promise<Previous> {
  const head = headOf(family, previous?.table.head);
  const { samples } = family;
  const builder = new TableBuilder(head.type, previous?.table.head.type === head.type ? previous : undefined);
  for await (const batch of createBatches(isAsync(samples) ? abortableItems(samples, signal) : samples)) {
    signal.throwIfAborted();
    for (const sample of batch) {
      try {
        builder.add(sample);
      } catch (error) {
        losses.note({ message: `${head.name}: ${messageOf(error)}`, cause: error });
      }
    }
    await yieldToEventLoop();
  }
  return builder.end(head);
}

/** Builds a table from samples. Series that have not changed are shared with the previous table. */
class TableBuilder {
  private readonly isNumber: boolean;
  private readonly read: (sample: Sample) => Distribution;
  private series: Series[];
  private sourceLabels: LabelSet[];
  private isChanged = false;
  private length = 0;
  private values: Float64Array;
  private size = 0;
  private shape: Shape | undefined;

  constructor(type: MetricType, last: Previous | undefined) {
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

  end(head: FamilyTable['head']): Previous {
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
