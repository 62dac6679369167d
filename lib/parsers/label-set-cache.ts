import type { LabelSet } from '../model/metric-family.ts';
import { excessBytes, openAccount, stringBytes } from '../util/cache-budget.ts';
import { detachString, type TextCursor } from './text-cursor.ts';
import { cutLabel, duplicateLabel, formatLabels, parseLabels } from './text-labels.ts';

// Bytes that V8 allocates besides the characters: measured, and rounded up.
const FAMILY_BYTES = 560;
const LABEL_SET_BYTES = 100;
const LABEL_BYTES = 50;
/** Number of documents without a family after which it is evicted. */
const MAX_UNUSED_DOCUMENTS = 3;

/** Returns the label set that replaces the one that was read. It must not change its argument. */
export type Relabel = (labels: LabelSet) => LabelSet;

/** The label sets of a family by their positions, with the text of each. */
export interface CachedFamily {
  readonly name: string;
  readonly texts: string[];
  readonly sets: LabelSet[];
  /** Number of positions, from the first, whose label sets are known to differ. */
  distinct: number;
  /** Bytes that are charged for the family. */
  size: number;
  /** Number of the last document that contained it. */
  lastDocument: number;
}

/**
 * Caches label sets from document to document. The series of a family usually come in the same order again. The same
 * text at the same position yields the same object, which need not be parsed again, and for which the encoders have
 * cached texts.
 */
export class LabelSetCache {
  /** Label set of a series without labels. */
  readonly empty: LabelSet;
  readonly relabel: Relabel;
  private readonly families = new Map<string, CachedFamily>();
  private readonly account = openAccount(this);
  private document = 0;

  constructor(relabel: Relabel = (labels) => labels) {
    this.relabel = relabel;
    this.empty = relabel({});
  }

  /** Starts a document. Must be called before each one. */
  beginDocument(): void {
    this.document++;
    for (const [name, { lastDocument: document, size }] of this.families) {
      if (this.document - document <= MAX_UNUSED_DOCUMENTS && excessBytes() === 0) continue;
      this.families.delete(name);
      this.account.charge(-size);
    }
  }

  /** Returns the reader for a family. Must be called for each family, read or skipped. */
  family(name: string): FamilyLabels {
    return new FamilyLabels(this.cachedFamily(name), this);
  }

  cachedFamily(name: string): CachedFamily {
    let family = this.families.get(name);
    if (family === undefined) {
      family = { name, texts: [], sets: [], distinct: 0, size: FAMILY_BYTES + stringBytes(name), lastDocument: 0 };
      if (this.account.tryReserve(family.size)) this.families.set(name, family);
    }
    family.lastDocument = this.document;
    return family;
  }

  put(family: CachedFamily, position: number, text: string, labels: LabelSet): void {
    const { texts, sets, name } = family;
    const size =
      sizeOf(text, labels) -
      (position < texts.length ? sizeOf(texts[position] as string, sets[position] as LabelSet) : 0);
    const isEvicted = this.families.get(name) !== family;
    if (isEvicted || position > texts.length || !this.account.tryReserve(size)) return;
    texts[position] = text;
    sets[position] = labels;
    family.distinct = Math.min(family.distinct, position);
    family.size += size;
  }
}

/** Counts the characters twice: in the text, and in the labels' values. */
const sizeOf = (text: string, labels: LabelSet) =>
  LABEL_SET_BYTES + 2 * text.length + LABEL_BYTES * Object.keys(labels).length;

/** Reads the label sets of one family in one document. */
export class FamilyLabels {
  private readonly family: CachedFamily;
  private readonly cache: LabelSetCache;
  private position = -1;
  private text = '';
  private labels: LabelSet;
  /** Whether none came twice in a row. */
  isUnrepeated = true;
  private hasEmpty = false;
  private startsEmpty = false;
  /** Whether every text was the cached one. */
  private isCached = true;

  constructor(family: CachedFamily, cache: LabelSetCache) {
    this.family = family;
    this.cache = cache;
    this.labels = cache.empty;
  }

  /** Returns the labels for the text between the braces. */
  parse(text: string, cursor: TextCursor): LabelSet {
    if (text === '') {
      this.isUnrepeated &&= !this.hasEmpty;
      this.hasEmpty = true;
      this.startsEmpty ||= this.position === -1;
      return this.cache.empty;
    }
    if (text === this.text) {
      this.isUnrepeated = false;
      return this.labels;
    }
    const { texts, sets } = this.family;
    const position = ++this.position;
    if (texts[position] === text) {
      this.text = text;
      this.labels = sets[position] as LabelSet;
      return this.labels;
    }
    this.text = detachString(text);
    this.labels = this.cache.relabel(parseLabels(this.text, cursor));
    this.cache.put(this.family, position, this.text, this.labels);
    this.isCached &&= texts[position] === this.text;
    return this.labels;
  }

  /**
   * Whether the label sets so far are known to differ, each from all others, since they did in the last document. One
   * that came several times in a row counts once.
   */
  get areKnown(): boolean {
    const count = this.position + 1;
    return this.hasEmpty ? count === 0 : this.isCached && count <= this.family.distinct;
  }

  /** Returns the first label sets. They must be known to differ. */
  first(count: number): readonly LabelSet[] {
    return this.startsEmpty && count > 0 ? [this.cache.empty] : this.family.sets.slice(0, count);
  }

  /** Called when the label sets were found to differ. */
  markDistinct(): void {
    if (this.isCached) this.family.distinct = Math.max(this.family.distinct, this.position + 1);
  }

  /** Returns the labels without the key label (`le`, `quantile`), and the value of that label. */
  parseWithKey(text: string, name: string, cursor: TextCursor): { labels: LabelSet; keyText: string | undefined } {
    const parts = text.includes('\\') ? undefined : cutLabel(text, `${name}="`);
    if (parts !== undefined) {
      const labels = this.parse(parts.rest, cursor);
      if (Object.hasOwn(labels, name)) throw duplicateLabel(name, cursor);
      return { keyText: parts.value, labels };
    }
    const { [name]: keyText, ...others } = parseLabels(text, cursor);
    return { keyText, labels: this.parse(formatLabels(others), cursor) };
  }
}
