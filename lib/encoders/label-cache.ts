import { isSameLabelSet } from '../model/labels.ts';
import type { LabelSet } from '../model/metric-family.ts';
import { type CacheAccount, excessBytes, openAccount, stringBytes } from '../util/cache-budget.ts';
import type { FamilyPlan } from './format.ts';

/** Interval (ms) of the sweeps. */
const SWEEP_INTERVAL = 60_000;
/** Maximum number of sweeps that the texts of a family outlast without being written. */
const MAX_IDLE_SWEEPS = 5;

// Bytes that V8 allocates: measured, and rounded up.
/** Size of a family without its strings. */
const FAMILY_BYTES = 560;
/** Size of the largest plan, that of a histogram in text, without its strings. */
const PLAN_BYTES = 1_900;
/** Size of the array elements for one position, with the arrays' reserve. */
const POSITION_BYTES = 24;
/** Size of a text without its characters. */
const TEXT_BYTES = 20;
/** Size of a label object without the characters of its values. */
const LABEL_SET_BYTES = 80;

/** A cache of label texts, or `uncachedLabels`. */
export type LabelTexts = Pick<LabelCache, 'find' | 'family'>;

/**
 * Caches the text of label sets between scrapes, since escaping is most of the work of encoding. A family's series
 * usually come in the same order with the same label objects. A text is therefore looked up by its position, and
 * checked by the object's identity or, failing that, by the labels' values.
 */
export class LabelCache {
  private readonly families = new Map<string, FamilyLabelCache>();
  private readonly account = openAccount(this);
  private sweeps = 0;
  private sweeper: NodeJS.Timeout | undefined;

  /** Returns the cache of a family, if it has one. */
  find(name: string): FamilyLabelCache | undefined {
    const texts = this.families.get(name);
    if (texts === undefined || texts.isCleared) return undefined;
    texts.usedInSweep = this.sweeps;
    return texts;
  }

  /** Returns the cache of a family. Texts of another variant of it, such as another shape, are evicted. */
  family(name: string, variant: string): FamilyLabelCache {
    let texts = this.families.get(name);
    if (texts?.variant !== variant || texts.isCleared) {
      texts?.clear();
      texts = this.open(name, variant);
    }
    texts.usedInSweep = this.sweeps;
    return texts;
  }

  private open(name: string, variant: string): FamilyLabelCache {
    const bytes = FAMILY_BYTES + stringBytes(name) + stringBytes(variant);
    if (!this.account.tryReserve(bytes)) {
      this.families.delete(name);
      return new FamilyLabelCache(variant);
    }
    const texts = new FamilyLabelCache(variant, this.account, bytes);
    this.families.set(name, texts);
    this.sweeper ??= sweepRegularly(new WeakRef(this));
    return texts;
  }

  /** Evicts families that were not written for `MAX_IDLE_SWEEPS`. Returns false when none is left. */
  sweep(): boolean {
    this.sweeps++;
    for (const [name, texts] of this.families) {
      if (this.sweeps - texts.usedInSweep <= MAX_IDLE_SWEEPS) continue;
      texts.clear();
      this.families.delete(name);
    }
    if (this.families.size === 0) this.sweeper = undefined;
    return this.families.size > 0;
  }
}

/** The reference is weak, so that the timer does not keep the texts of a discarded source in memory. */
function sweepRegularly(cache: WeakRef<LabelCache>): NodeJS.Timeout {
  const timer = setInterval(() => {
    if (cache.deref()?.sweep() !== true) clearInterval(timer);
  }, SWEEP_INTERVAL);
  return timer.unref();
}

/** No caching, for documents with a `prefix`: clients choose it, so the number of variants is unbounded. */
export const uncachedLabels: LabelTexts = {
  find: () => undefined,
  family: (_name, variant) => new FamilyLabelCache(variant),
};

/** Caches the texts of one family's label sets. */
export class FamilyLabelCache {
  readonly variant: string;
  private keptPlan: FamilyPlan | undefined;
  private planBytes = 0;
  /** Number of sweeps before its last use: cheaper to know than the time. */
  usedInSweep = 0;
  private account: CacheAccount | undefined;
  private readonly labels: (LabelSet | undefined)[] = [];
  private readonly texts: string[] = [];
  /** Bytes that are charged to the account. */
  private charged: number;
  /** Bytes of all but the label objects. */
  private textBytes: number;
  private labelBytes = 0;
  /** Bytes of label objects that are not charged, because the source holds the same objects. */
  private sharedBytes = 0;
  /** Number of label objects that were stored since the last call of `end`. */
  private changes = 0;

  /** Without an account nothing is cached. `bytes` is the size of the family itself, which is charged already. */
  constructor(variant: string, account?: CacheAccount, bytes = 0) {
    this.variant = variant;
    this.account = account;
    this.charged = this.textBytes = bytes;
  }

  get isCleared(): boolean {
    return this.account === undefined;
  }

  /** The encoder's plan of the family, evicted with its texts. */
  get plan(): FamilyPlan | undefined {
    return this.keptPlan;
  }

  /** Keeps a plan in place of the last one, if the budget allows. */
  keepPlan(plan: FamilyPlan): void {
    const names = plan.names.reduce((bytes, name) => bytes + stringBytes(name), 0);
    const bytes = PLAN_BYTES + names + stringBytes(plan.head);
    if (this.account?.tryReserve(bytes - this.planBytes) !== true) return;
    this.charged += bytes - this.planBytes;
    this.textBytes += bytes - this.planBytes;
    this.planBytes = bytes;
    this.keptPlan = plan;
  }

  /** Returns the text of the labels at a position of the family. `write` creates it when it is not cached. */
  textAt(position: number, labels: LabelSet, write: (labels: LabelSet) => string): string {
    const known = this.labels[position];
    if (known !== undefined) {
      if (known === labels) return this.texts[position] as string;
      if (isSameLabelSet(known, labels)) {
        this.labels[position] = labels;
        this.changes++;
        return this.texts[position] as string;
      }
    }
    const text = write(labels);
    if (this.account !== undefined) this.put(this.account, position, labels, text);
    return text;
  }

  private put(account: CacheAccount, position: number, labels: LabelSet, text: string): void {
    const places = Math.max(0, position + 1 - this.labels.length);
    const before = this.sizeAt(position);
    const textBytes = places * POSITION_BYTES + TEXT_BYTES + text.length - before.text;
    const labelBytes = LABEL_SET_BYTES + text.length - before.labels;
    if (!account.tryReserve(textBytes + labelBytes)) return;
    this.charged += textBytes + labelBytes;
    this.textBytes += textBytes;
    this.labelBytes += labelBytes;
    this.changes++;
    // Dropped samples before this one get a position too: arrays with holes are slow.
    while (this.labels.length < position) {
      this.labels.push(undefined);
      this.texts.push('');
    }
    this.labels[position] = labels;
    this.texts[position] = flattenString(text);
  }

  private sizeAt(position: number): { text: number; labels: number } {
    if (this.labels[position] === undefined) return NO_BYTES;
    const { length } = this.texts[position] as string;
    return { text: TEXT_BYTES + length, labels: LABEL_SET_BYTES + length };
  }

  /** Ends a family of a document and evicts the texts after its last sample. `length` is the number of its samples. */
  end(length: number): void {
    this.truncate(length);
    // Label objects that come again are held by the source and cost nothing here; others are held only here.
    if (this.changes === 0) this.sharedBytes = this.labelBytes;
    else if (2 * this.changes > this.labels.length) this.sharedBytes = 0;
    this.changes = 0;
    this.settle();
    this.freeExcess();
  }

  private freeExcess(): void {
    let excess = excessBytes();
    if (excess === 0) return;
    let { length } = this.labels;
    while (length > 0 && excess > 0) excess -= POSITION_BYTES + this.sizeAt(--length).text;
    if (length === 0) this.clear();
    else this.truncate(length);
  }

  /** Evicts everything. A scrape in progress caches nothing more here. */
  clear(): void {
    // Without a look at each text: a sweep clears all idle families in one turn of the event loop.
    this.labels.length = 0;
    this.texts.length = 0;
    this.labelBytes = 0;
    this.textBytes = 0;
    this.settle();
    this.account = undefined;
    this.keptPlan = undefined;
    this.planBytes = 0;
  }

  private truncate(length: number): void {
    if (length >= this.labels.length) return;
    for (let position = length; position < this.labels.length; position++) {
      const { text, labels } = this.sizeAt(position);
      this.textBytes -= POSITION_BYTES + text;
      this.labelBytes -= labels;
    }
    this.labels.length = length;
    this.texts.length = length;
    this.settle();
  }

  private settle(): void {
    this.sharedBytes = Math.min(this.sharedBytes, this.labelBytes);
    const bytes = this.textBytes + this.labelBytes - this.sharedBytes;
    this.account?.charge(bytes - this.charged);
    this.charged = bytes;
  }
}

const NO_BYTES = { text: 0, labels: 0 };

/** Copies a concatenated string to a flat one: V8 stores it as a tree of its parts, which is several times larger. */
const flattenString = (byteString: string) => Buffer.from(byteString, 'latin1').toString('latin1');
