import { isAsync, isReiterable } from '../../model/iterables.ts';
import { labelSetKey } from '../../model/labels.ts';
import type { LabelSet, MetricFamily, Sample } from '../../model/metric-family.ts';
import { openAccount } from '../../util/cache-budget.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';
import { shortKey } from '../../util/short-key.ts';

/** Last seen state of one series. */
interface Series {
  /** Undefined when the series is forgotten, or when caching label objects does not help. */
  labels: LabelSet | undefined;
  /** The value, or the count of a histogram or summary. */
  value: number | undefined;
  sum: number | undefined;
  changedAt: number;
  /** Number of the latest pass that saw it. */
  seenIn: number;
  /** Memory without the label object, and that of the label object. */
  readonly bytes: number;
  readonly labelBytes: number;
}

// Bytes that V8 needs: measured, and rounded up.
/** A series with its places in the map and in the order, without key and labels. */
const SERIES_BYTES = 220;
const LABELS_BYTES = 80;
const LABEL_BYTES = 30;

/** Label objects of the first series are always kept, to see whether they come again. */
const PROBED_SERIES = 64;

/**
 * When each series of one family last changed its value. A series for which the process's budget has no room is not
 * remembered. Where no scrape is ever whole, nothing is forgotten that goes.
 */
export class SeriesActivity {
  private readonly series = new Map<string, Series>();
  /** Where each one stood last. Mostly it still does, with the same label object: then its key need not be made. */
  private readonly order: Series[] = [];
  private readonly account = openAccount(this, { hasPriority: true });
  /** Size of all label objects that may be kept here. */
  private labelBytes = 0;
  /** Whether the source gives the same label objects again, and so keeps them itself; undefined until it is known. */
  private isSharing: boolean | undefined;
  private passes = 0;

  /** Starts a further pass over the family. Several passes may overlap. */
  startPass(idleFor: number): ScrapePass {
    return new ScrapePass(this, ++this.passes, idleFor);
  }

  /** Takes note of a sample in a pass; undefined when it has no value that could be written, or there is no room. */
  record({ labels, value }: Sample, position: number, pass: ScrapePass): Series | undefined {
    const isNumber = typeof value === 'number';
    const current = isNumber ? value : value.count;
    const sum = isNumber ? undefined : value.sum;
    if (typeof current !== 'number') return undefined;
    const series = this.at(position, labels, pass);
    if (series === undefined) return undefined;
    if (!Object.is(series.value, current) || !Object.is(series.sum, sum)) {
      series.value = current;
      series.sum = sum;
      series.changedAt = Math.max(series.changedAt, pass.startedAt);
    }
    series.seenIn = Math.max(series.seenIn, pass.number);
    return series;
  }

  private at(position: number, labels: LabelSet, pass: ScrapePass): Series | undefined {
    const known = this.order[position];
    if (known?.labels === labels) {
      pass.sameObjects++;
      return known;
    }
    const text = labelSetKey(labels);
    const key = shortKey(text);
    let series = this.series.get(key);
    if (series === undefined) {
      series = this.add(key, LABELS_BYTES + LABEL_BYTES * Object.keys(labels).length + 2 * text.length);
      if (series === undefined) return undefined;
    } else if (series.labels !== undefined) pass.otherObjects++;
    if (this.isSharing !== false || position < PROBED_SERIES) series.labels = labels;
    this.order[position] = series;
    return series;
  }

  private add(key: string, labelBytes: number): Series | undefined {
    const bytes = SERIES_BYTES + 2 * key.length;
    if (!this.account.tryReserve(bytes + (this.isSharing === undefined ? labelBytes : 0))) return undefined;
    this.labelBytes += labelBytes;
    const changedAt = Number.NEGATIVE_INFINITY;
    const series = { labels: undefined, value: undefined, sum: undefined, changedAt, seenIn: 0, bytes, labelBytes };
    this.series.set(key, series);
    return series;
  }

  /** Forgets the series that neither this complete pass nor a later one saw. */
  async forgetUnseen(pass: ScrapePass): Promise<void> {
    const { number, length = 0 } = pass;
    this.order.length = Math.min(length, this.order.length);
    const isUseless = this.learn(pass) === false;
    const sample = new Set(this.order.slice(0, PROBED_SERIES));
    let looked = 0;
    for (const [key, series] of this.series) {
      if (isUseless && !sample.has(series)) series.labels = undefined;
      if (series.seenIn < number) this.forget(key, series);
      if (++looked % 1_000 === 0) await yieldToEventLoop();
    }
  }

  private forget(key: string, series: Series): void {
    series.labels = undefined;
    this.series.delete(key);
    this.labelBytes -= series.labelBytes;
    this.account.charge(-series.bytes - (this.isSharing === undefined ? series.labelBytes : 0));
  }

  /** Learns whether label objects come again; gives the answer when it is a new one. */
  private learn({ sameObjects, otherObjects }: ScrapePass): boolean | undefined {
    if (sameObjects + otherObjects === 0) return undefined;
    const before = this.isSharing;
    this.isSharing = sameObjects > otherObjects;
    // From here on they are either the source's or not kept.
    if (before === undefined) this.account.charge(-this.labelBytes);
    return this.isSharing === before ? undefined : this.isSharing;
  }

  /** Gives everything back. Passes that are under way remember nothing more. */
  close(): void {
    this.series.clear();
    this.order.length = 0;
    this.account.close();
  }
}

/** One scrape's reading of a family, in one look or, for JSON, in two. */
export class ScrapePass {
  readonly number: number;
  readonly startedAt = performance.now();
  /** How many series there are; undefined until a look came to its end. */
  length: number | undefined;
  /** How often a known series came with the label object that it had, and how often with another one. */
  sameObjects = 0;
  otherObjects = 0;
  private readonly activity: SeriesActivity;
  private readonly idleFor: number;
  /** What the first look left out the second one does too, even if it has changed in between. */
  private hidden: Set<Series> | undefined;

  constructor(activity: SeriesActivity, number: number, idleFor: number) {
    this.activity = activity;
    this.number = number;
    this.idleFor = idleFor;
  }

  activeSamples({ samples, labelNames }: MetricFamily): MetricFamily['samples'] {
    if (isAsync(samples)) return this.filterAsync(samples);
    if (!isReiterable(samples)) return this.filter(samples);
    // Only where the shape is not declared do samples have to be looked at to find it.
    if (labelNames === undefined) this.hidden = new Set();
    return { [Symbol.iterator]: () => this.filter(samples) };
  }

  private *filter(samples: Iterable<Sample>): Generator<Sample, void> {
    let position = 0;
    for (const sample of samples) {
      const series = this.record(sample, position);
      if (series !== undefined) position++;
      if (this.isActive(series)) yield sample;
    }
    this.length = position;
  }

  private async *filterAsync(samples: AsyncIterable<Sample>): AsyncGenerator<Sample, void> {
    let position = 0;
    for await (const sample of samples) {
      const series = this.record(sample, position);
      if (series !== undefined) position++;
      if (this.isActive(series)) yield sample;
    }
    this.length = position;
  }

  private record(sample: Sample, position: number): Series | undefined {
    try {
      return this.activity.record(sample, position, this);
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
