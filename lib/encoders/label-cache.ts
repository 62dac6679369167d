import type { LabelSet } from '../model/metric-family.ts';
import { type CacheAccount, excessBytes, openAccount, stringBytes } from '../util/cache-budget.ts';

/** After how long (ms) without being written a family's texts are given back. */
const IDLE_TIMEOUT = 5 * 60_000;

// What V8 takes, in bytes: measured, and rounded up.
/** A family without its strings. */
const FAMILY_BYTES = 560;
/** A place for a text and its labels, with what an array has in reserve. */
const POSITION_BYTES = 24;
/** A text, besides its characters. */
const TEXT_BYTES = 20;
/** A label object, besides the characters of its values. */
const LABEL_SET_BYTES = 80;

/** Where the texts of a family's labels come from. */
export type LabelTextSource = Pick<LabelCache, 'family'>;

/**
 * The text of label sets, kept from scrape to scrape: escaping it anew is most of the work of encoding. A
 * family's series mostly come in the same order with the same label objects, so a text is looked
 * up by its position, and checked by the object's identity or, failing that, by the labels' values.
 */
export class LabelCache {
  private readonly families = new Map<string, FamilyLabelCache>();
  private readonly account = openAccount(this);
  private sweeper: NodeJS.Timeout | undefined;

  /** Texts of another variant (another shape, say) of the same family are forgotten. */
  family(name: string, variant: string): FamilyLabelCache {
    let texts = this.families.get(name);
    if (texts?.variant !== variant || texts.isCleared) {
      texts?.clear();
      texts = this.open(name, variant);
    }
    texts.lastUsedAt = performance.now();
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

  /** Forgets families that were not written for a while; false when none is left. */
  sweep(): boolean {
    const oldest = performance.now() - IDLE_TIMEOUT;
    for (const [name, texts] of this.families) {
      if (texts.lastUsedAt >= oldest) continue;
      texts.clear();
      this.families.delete(name);
    }
    if (this.families.size === 0) this.sweeper = undefined;
    return this.families.size > 0;
  }
}

/** The timer must not keep the texts of a source that is gone. */
function sweepRegularly(cache: WeakRef<LabelCache>): NodeJS.Timeout {
  const timer = setInterval(() => {
    if (cache.deref()?.sweep() !== true) clearInterval(timer);
  }, IDLE_TIMEOUT / 5);
  return timer.unref();
}

/** For documents that are asked for in a way of their own: there is no end to what a query can say. */
export const uncachedLabels: LabelTextSource = { family: (_name, variant) => new FamilyLabelCache(variant) };

/** The texts of one family's label sets. */
export class FamilyLabelCache {
  readonly variant: string;
  lastUsedAt = 0;
  private account: CacheAccount | undefined;
  private readonly labels: (LabelSet | undefined)[] = [];
  private readonly texts: string[] = [];
  /** Bytes that are charged to the account. */
  private charged: number;
  /** Bytes of all but the label objects. */
  private textBytes: number;
  private labelBytes = 0;
  /** Bytes of label objects that are not charged, since the source keeps the same ones itself. */
  private sharedBytes = 0;
  /** How many label objects were put in place since the last end. */
  private changes = 0;

  /** Without an account nothing is kept. The bytes are those of the family itself, which are charged already. */
  constructor(variant: string, account?: CacheAccount, bytes = 0) {
    this.variant = variant;
    this.account = account;
    this.charged = this.textBytes = bytes;
  }

  get isCleared(): boolean {
    return this.account === undefined;
  }

  /** The text of the labels of the series at that position; `write` makes it when it is not known. */
  textAt(position: number, labels: LabelSet, write: (labels: LabelSet) => string): string {
    const known = this.labels[position];
    if (known !== undefined) {
      if (known === labels) return this.texts[position] as string;
      if (isSame(known, labels)) {
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
    // What was left out in between gets its place too: arrays with holes are slow.
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

  /** To be called at the end of a document's family, with the number of its series: forgets what is beyond them. */
  end(length: number): void {
    this.truncate(length);
    // Label objects that come again are the source's own, and take no memory here; other ones are kept by nobody else.
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

  /** Gives everything back; a scrape that is under way keeps nothing more here. */
  clear(): void {
    this.truncate(0);
    this.textBytes = 0;
    this.settle();
    this.account = undefined;
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

/** The same labels in the same order. */
function isSame(a: LabelSet, b: LabelSet): boolean {
  const names = Object.keys(a);
  const others = Object.keys(b);
  return names.length === others.length && names.every((name, i) => name === others[i] && a[name] === b[name]);
}

/** V8 keeps a concatenated string as a tree of its parts; this is one piece, and several times smaller. */
const flattenString = (byteString: string) => Buffer.from(byteString, 'latin1').toString('latin1');
