import type { Columns } from '../../encoders/columns.ts';
import { SlotReuses } from '../../encoders/slot-reuses.ts';
import type { Exemplar, LabelSet } from '../../model/metric-family.ts';
import { Expiry } from './expiry.ts';
import { createLabelIndex, type LabelIndex } from './label-index.ts';
import type { LabelReader, LabelValues } from './label-values.ts';

/** Value of every label of the series that counts for those beyond `maxSeries`. */
const OTHER = 'other';

/** Maximum number of expired series that an update removes, and that a scrape removes, of one family. */
const EXPIRED_PER_UPDATE = 2;
const EXPIRED_PER_SCRAPE = 10_000;

/** Number of slots from which an empty table gives its memory back. */
const KEPT_SLOTS = 64;

export interface SeriesTableOptions {
  readonly reader: LabelReader;
  readonly maxSeries: number;
  readonly expireAfter?: number | undefined;
  /** Upper bounds of a histogram's buckets. */
  readonly bounds?: readonly number[] | undefined;
  /** Whether the series beyond `maxSeries` are counted together, as those of counters and histograms. */
  readonly hasOther: boolean;
  /** Called for each update of a series beyond `maxSeries`. */
  onDrop(): void;
}

/**
 * The series of one family, as columns. A slot that becomes free is used again by a later series. Handles keep a slot
 * and its label set, whose identity shows whether the slot is still theirs.
 */
export class SeriesTable implements Columns {
  labels: (LabelSet | undefined)[] = [];
  values: Float64Array;
  exemplars: (Exemplar | undefined)[] | undefined;
  reuses = new SlotReuses();
  length = 0;
  readonly width: number;
  readonly bounds?: readonly number[];
  readonly expiry: Expiry | undefined;
  private readonly reader: LabelReader;
  private readonly index: LabelIndex;
  private readonly intern: ((text: string, position: number) => string | undefined) | undefined;
  private readonly options: SeriesTableOptions;
  private readonly exemplarsPerSlot: number;
  private free: number[] = [];
  /** Number of series, without the one of the label value `other`. */
  private size = 0;
  private otherSlot = -1;

  constructor(options: SeriesTableOptions) {
    const { reader, expireAfter, bounds } = options;
    this.options = options;
    this.reader = reader;
    this.index = createLabelIndex(reader);
    this.intern = this.index.intern?.bind(this.index);
    if (bounds !== undefined) this.bounds = bounds;
    this.exemplarsPerSlot = bounds === undefined ? 1 : bounds.length + 1;
    // A histogram's count, sum, and a bucket for each bound and for +Inf.
    this.width = bounds === undefined ? 1 : bounds.length + 3;
    this.expiry = expireAfter === undefined ? undefined : new Expiry(expireAfter);
    this.values = new Float64Array(this.width);
    if (reader.names.length === 0) this.create({});
  }

  /**
   * Returns the slot to update for these labels, which is created if necessary. It is the slot of another series, or
   * -1, when there are too many.
   *
   * @throws {TypeError} for an unknown or missing label
   */
  slotOf(labels: LabelValues): number {
    this.reader.checkCount(labels);
    return this.slotOfSet(labels);
  }

  /** The same for a label set of this family. */
  slotOfSet(labels: LabelValues): number {
    const slot = this.index.find(labels);
    return slot !== -1 && this.expiry === undefined ? slot : this.renew(slot, labels);
  }

  /** Returns the slot of a family without labels; `given` is what an update had in place of labels. */
  onlySlot(given: unknown): number {
    if (this.reader.names.length > 0) throw this.reader.missing(given);
    return this.labels[0] !== undefined && this.expiry === undefined ? 0 : this.slotOfSet({});
  }

  /** Returns the slot of an existing series, or -1. */
  find(labels: LabelValues): number {
    this.reader.checkCount(labels);
    return this.index.find(labels);
  }

  isOther(slot: number): boolean {
    return slot === this.otherSlot;
  }

  setExemplar(index: number, labels: LabelSet, value: number): void {
    this.exemplars ??= [];
    // An array with holes would become slow to read.
    while (this.exemplars.length < index) this.exemplars.push(undefined);
    this.exemplars[index] = { labels, value, timestamp: Date.now() / 1000 };
  }

  remove(slot: number): void {
    const labels = this.labels[slot] as LabelSet;
    this.index.delete(labels, slot);
    this.expiry?.delete(slot);
    if (slot === this.otherSlot) this.otherSlot = -1;
    else this.size--;
    if (this.size === 0 && this.otherSlot === -1 && this.length > KEPT_SLOTS) {
      this.clear();
      return;
    }
    this.labels[slot] = undefined;
    this.clearValues(slot);
    this.free.push(slot);
  }

  clearValues(slot: number): void {
    this.values.fill(0, slot * this.width, (slot + 1) * this.width);
    this.exemplars?.fill(undefined, slot * this.exemplarsPerSlot, (slot + 1) * this.exemplarsPerSlot);
  }

  /** Removes all series. That of a family without labels starts again. */
  reset(): void {
    this.clear();
    if (this.reader.names.length === 0) this.create({});
  }

  /** Removes expired series before a scrape. */
  sweep(): void {
    this.removeExpired(EXPIRED_PER_SCRAPE);
  }

  private removeExpired(limit: number): void {
    for (let i = 0; i < limit; i++) {
      const slot = this.expiry?.oldestExpired();
      if (slot === undefined) return;
      this.remove(slot);
    }
  }

  /** Notes the update of a series that may expire, or creates it. */
  private renew(slot: number, labels: LabelValues): number {
    const { expiry } = this;
    if (expiry !== undefined) {
      this.removeExpired(EXPIRED_PER_UPDATE);
      // It may have been one of those, or not yet.
      if (slot !== -1 && this.labels[slot] !== undefined) {
        if (!expiry.isExpired(slot)) {
          expiry.onUpdate(slot);
          return slot;
        }
        this.remove(slot);
      }
    }
    return this.create(labels);
  }

  private create(labels: LabelValues): number {
    const { reader } = this;
    const labelSet = reader.createLabelSet(labels, this.intern);
    // A value's text may be another one each time, or not well-formed.
    if (this.index.find(labelSet) !== -1) return this.slotOfSet(labelSet);
    const isOther = reader.names.length > 0 && reader.names.every((name) => labelSet[name] === OTHER);
    if (!isOther && this.size >= this.options.maxSeries) return this.dropped();
    const slot = this.reuse() ?? this.append();
    this.labels[slot] = labelSet;
    this.index.add(labelSet, slot);
    this.expiry?.add(slot);
    if (isOther) this.otherSlot = slot;
    else this.size++;
    return slot;
  }

  private dropped(): number {
    this.options.onDrop();
    if (!this.options.hasOther) return -1;
    return this.slotOfSet(Object.fromEntries(this.reader.names.map((name) => [name, OTHER])));
  }

  private reuse(): number | undefined {
    const slot = this.free.pop();
    if (slot !== undefined) this.reuses.add(slot, this.values.length / this.width);
    return slot;
  }

  private append(): number {
    if ((this.length + 1) * this.width > this.values.length) {
      const { labels, values, exemplars } = this;
      this.values = new Float64Array(values.length * 2);
      this.values.set(values);
      // A pass that is under way keeps the old ones.
      this.labels = labels.slice();
      this.exemplars = exemplars?.slice();
      this.reuses = new SlotReuses();
    }
    return this.length++;
  }

  private clear(): void {
    this.index.clear();
    this.expiry?.clear();
    this.labels = [];
    this.values = new Float64Array(this.width);
    this.exemplars = undefined;
    this.reuses = new SlotReuses();
    this.length = 0;
    this.free = [];
    this.size = 0;
    this.otherSlot = -1;
  }
}
