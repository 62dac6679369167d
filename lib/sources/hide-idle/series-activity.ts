import { labelSetKey } from '../../model/labels.ts';
import type { LabelSet, Sample } from '../../model/metric-family.ts';
import { openAccount } from '../../util/cache-budget.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';
import { shortKey } from '../../util/short-key.ts';

/** Last seen state of one series. */
export interface ActiveSeries {
  /** Undefined when the series is forgotten, or when caching label objects does not help. */
  labels: LabelSet | undefined;
  /** The value, or the count of a histogram or summary. */
  value: number | undefined;
  sum: number | undefined;
  /** Time of the last change, as of `performance.now()`. */
  changedAt: number;
  /** Number of the latest pass that saw it. */
  seenIn: number;
  /** Memory (bytes, estimated) without the label object. */
  readonly bytes: number;
  /** Memory (bytes, estimated) of the label object. */
  readonly labelBytes: number;
}

/** One reading of a family. */
export interface Pass {
  readonly number: number;
  readonly startedAt: number;
  /** Number of series; undefined until the family was read to its end. */
  readonly length: number | undefined;
  /** How often a known series had the same label object as before. */
  sameObjects: number;
  /** How often a known series had another label object than before. */
  otherObjects: number;
}

// Bytes that V8 allocates: measured, and rounded up.
/** A series with its entries in the map and in the order, without key and labels. */
const SERIES_BYTES = 220;
const LABELS_BYTES = 80;
const LABEL_BYTES = 30;

/** Number of series whose label objects are always kept, to see whether the source reuses them. */
const PROBED_SERIES = 64;

/**
 * Remembers when each series of one family last changed its value, as long as the process's cache budget allows it.
 * Series that disappear are forgotten after a complete scrape only.
 */
export class SeriesActivity {
  private readonly series = new Map<string, ActiveSeries>();
  /** Series by their last positions. Most series keep theirs, and their label object: then no key is needed. */
  private readonly order: ActiveSeries[] = [];
  private readonly account = openAccount(this, { hasPriority: true });
  /** Memory (bytes, estimated) of the label objects of all series. */
  private labelBytes = 0;
  /** Whether the source reuses its label objects, and so keeps them itself; undefined until it is known. */
  private isSharing: boolean | undefined;
  private passes = 0;

  /** Returns the number of a new pass. */
  nextPass(): number {
    return ++this.passes;
  }

  /** Records a sample. Returns undefined if its value cannot be written, or if the cache budget is used up. */
  record({ labels, value }: Sample, position: number, pass: Pass): ActiveSeries | undefined {
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

  private at(position: number, labels: LabelSet, pass: Pass): ActiveSeries | undefined {
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

  private add(key: string, labelBytes: number): ActiveSeries | undefined {
    const bytes = SERIES_BYTES + 2 * key.length;
    if (!this.account.tryReserve(bytes + (this.isSharing === undefined ? labelBytes : 0))) return undefined;
    this.labelBytes += labelBytes;
    const changedAt = Number.NEGATIVE_INFINITY;
    const series = { labels: undefined, value: undefined, sum: undefined, changedAt, seenIn: 0, bytes, labelBytes };
    this.series.set(key, series);
    return series;
  }

  /** Forgets the series that neither this complete pass nor a later one saw. */
  async forgetUnseen(pass: Pass): Promise<void> {
    const { number, length = 0 } = pass;
    this.order.length = Math.min(length, this.order.length);
    const isUseless = this.learn(pass) === false;
    const probed = new Set(this.order.slice(0, PROBED_SERIES));
    let visited = 0;
    for (const [key, series] of this.series) {
      if (isUseless && !probed.has(series)) series.labels = undefined;
      if (series.seenIn < number) this.forget(key, series);
      if (++visited % 1_000 === 0) await yieldToEventLoop();
    }
  }

  private forget(key: string, series: ActiveSeries): void {
    series.labels = undefined;
    this.series.delete(key);
    this.labelBytes -= series.labelBytes;
    this.account.charge(-series.bytes - (this.isSharing === undefined ? series.labelBytes : 0));
  }

  /** Determines whether the source reuses its label objects. Returns the result if it is new. */
  private learn({ sameObjects, otherObjects }: Pass): boolean | undefined {
    if (sameObjects + otherObjects === 0) return undefined;
    const before = this.isSharing;
    this.isSharing = sameObjects > otherObjects;
    // They are no longer charged: from now on they belong to the source, or are not kept.
    if (before === undefined) this.account.charge(-this.labelBytes);
    return this.isSharing === before ? undefined : this.isSharing;
  }

  /** Releases everything. Passes that have not ended record nothing more. */
  close(): void {
    this.series.clear();
    this.order.length = 0;
    this.account.close();
  }
}
