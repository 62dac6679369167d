import { isAsync, isReiterable } from '../../iterables.ts';
import type { LabelSet, MetricFamily, Sample } from '../../metric-family.ts';
import { breathe } from '../../turns.ts';

/** One series, as it was last seen. */
interface Series {
  /** Undefined when the series is forgotten. */
  labels: LabelSet | undefined;
  /** The value itself or, of a histogram or summary, the count. */
  value: number | undefined;
  sum: number | undefined;
  changedAt: number;
  /** The latest pass that met it. */
  seenIn: number;
}

/** Further ones are not remembered. Where no scrape is ever whole, nothing is forgotten that goes. */
const MAX_SERIES = 2 ** 20;

/** When each series of one family last changed its value. */
export class ActivityMemory {
  private readonly series = new Map<string, Series>();
  /** Where each one stood last. Mostly it still does, with the same label object: then its key need not be made. */
  private readonly order: Series[] = [];
  private passes = 0;

  /** Begins to read the family once more. Several passes may be under way. */
  begin(idleFor: number): ActivityPass {
    return new ActivityPass(this, ++this.passes, idleFor);
  }

  /** Takes note of a sample in a pass; undefined when it has no value that could be written, or there is no room. */
  note({ labels, value }: Sample, position: number, pass: ActivityPass): Series | undefined {
    const isNumber = typeof value === 'number';
    const current = isNumber ? value : value.count;
    const sum = isNumber ? undefined : value.sum;
    if (typeof current !== 'number') return undefined;
    const series = this.at(position, labels);
    if (series === undefined) return undefined;
    if (!Object.is(series.value, current) || !Object.is(series.sum, sum)) {
      series.value = current;
      series.sum = sum;
      series.changedAt = Math.max(series.changedAt, pass.startedAt);
    }
    series.seenIn = Math.max(series.seenIn, pass.number);
    return series;
  }

  private at(position: number, labels: LabelSet): Series | undefined {
    const known = this.order[position];
    if (known?.labels === labels) return known;
    // The same for the same labels in any order.
    const key = JSON.stringify(labels, Object.keys(labels).sort());
    let series = this.series.get(key);
    if (series === undefined) {
      if (this.series.size >= MAX_SERIES) return undefined;
      series = { labels, value: undefined, sum: undefined, changedAt: Number.NEGATIVE_INFINITY, seenIn: 0 };
      this.series.set(key, series);
    }
    series.labels = labels;
    this.order[position] = series;
    return series;
  }

  /** Forgets what the pass did not meet, nor a later one. */
  async forgetUnseen({ number, length = 0 }: ActivityPass): Promise<void> {
    this.order.length = Math.min(length, this.order.length);
    let looked = 0;
    for (const [key, series] of this.series) {
      if (series.seenIn < number) {
        series.labels = undefined;
        this.series.delete(key);
      }
      if (++looked % 1_000 === 0) await breathe();
    }
  }
}

/** One scrape's reading of a family, in one look or, for JSON, in two. */
export class ActivityPass {
  readonly number: number;
  readonly startedAt = performance.now();
  /** How many series there are; undefined until a look came to its end. */
  length: number | undefined;
  private readonly memory: ActivityMemory;
  private readonly idleFor: number;
  /** What the first look left out the second one does too, even if it has changed in between. */
  private hidden: Set<Series> | undefined;

  constructor(memory: ActivityMemory, number: number, idleFor: number) {
    this.memory = memory;
    this.number = number;
    this.idleFor = idleFor;
  }

  activeOf({ samples, labelNames }: MetricFamily): MetricFamily['samples'] {
    if (isAsync(samples)) return this.filterAsync(samples);
    if (!isReiterable(samples)) return this.filter(samples);
    // Only where the shape is not declared do samples have to be looked at to find it.
    if (labelNames === undefined) this.hidden = new Set();
    return { [Symbol.iterator]: () => this.filter(samples) };
  }

  private *filter(samples: Iterable<Sample>): Generator<Sample, void> {
    let position = 0;
    for (const sample of samples) {
      const series = this.note(sample, position);
      if (series !== undefined) position++;
      if (this.isActive(series)) yield sample;
    }
    this.length = position;
  }

  private async *filterAsync(samples: AsyncIterable<Sample>): AsyncGenerator<Sample, void> {
    let position = 0;
    for await (const sample of samples) {
      const series = this.note(sample, position);
      if (series !== undefined) position++;
      if (this.isActive(series)) yield sample;
    }
    this.length = position;
  }

  private note(sample: Sample, position: number): Series | undefined {
    try {
      return this.memory.note(sample, position, this);
    } catch {
      // The encoder meets the error too, and reports it.
      return undefined;
    }
  }

  private isActive(series: Series | undefined): boolean {
    if (series === undefined) return true;
    if (this.startedAt - series.changedAt < this.idleFor && !this.hidden?.has(series)) return true;
    this.hidden?.add(series);
    return false;
  }
}
