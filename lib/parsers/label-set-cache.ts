import type { LabelSet } from '../model/metric-family.ts';
import { excessBytes, openAccount, stringBytes } from '../util/cache-budget.ts';
import { detachString, type TextCursor } from './text-cursor.ts';
import { cutLabel, duplicateLabel, formatLabels, parseLabels } from './text-labels.ts';

// What V8 takes, in bytes, besides the characters: measured, and rounded up.
const FAMILY_BYTES = 560;
const LABEL_SET_BYTES = 100;
const LABEL_BYTES = 50;
/** After how many documents without it a family is forgotten. */
const MAX_UNUSED_DOCUMENTS = 3;

/** Makes the label set that is given of the one that was read, which it may change. */
export type Relabel = (labels: LabelSet) => LabelSet;

/** A family's label sets by their places, with the text of each. */
export interface CachedFamily {
  readonly name: string;
  readonly texts: string[];
  readonly sets: LabelSet[];
  /** Bytes that are charged for it. */
  size: number;
  /** The last document that had it. */
  lastDocument: number;
}

/**
 * Label sets, kept from document to document. Mostly a family's series come in the same order again: the same text
 * at the same place gives the same object, which is not parsed again here, and which the encoders know again.
 */
export class LabelSetCache {
  /** Of a series without labels. */
  readonly empty: LabelSet;
  readonly relabel: Relabel;
  private readonly families = new Map<string, CachedFamily>();
  private readonly account = openAccount(this);
  private document = 0;

  constructor(relabel: Relabel = (labels) => labels) {
    this.relabel = relabel;
    this.empty = relabel({});
  }

  /** To be called in front of each document. */
  beginDocument(): void {
    this.document++;
    for (const [name, { lastDocument: document, size }] of this.families) {
      if (this.document - document <= MAX_UNUSED_DOCUMENTS && excessBytes() === 0) continue;
      this.families.delete(name);
      this.account.charge(-size);
    }
  }

  /** To be called for each family, read or skipped. */
  family(name: string): FamilyLabels {
    return new FamilyLabels(this.cachedFamily(name), this);
  }

  cachedFamily(name: string): CachedFamily {
    let family = this.families.get(name);
    if (family === undefined) {
      family = { name, texts: [], sets: [], size: FAMILY_BYTES + stringBytes(name), lastDocument: 0 };
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
    family.size += size;
  }
}

/** The characters count twice: once in the text, and once in the labels' values. */
const sizeOf = (text: string, labels: LabelSet) =>
  LABEL_SET_BYTES + 2 * text.length + LABEL_BYTES * Object.keys(labels).length;

/** The label sets of one family in one document. */
export class FamilyLabels {
  private readonly family: CachedFamily;
  private readonly cache: LabelSetCache;
  private position = -1;
  private text = '';
  private labels: LabelSet;

  constructor(family: CachedFamily, cache: LabelSetCache) {
    this.family = family;
    this.cache = cache;
    this.labels = cache.empty;
  }

  /** Of what stands between the braces. */
  parse(text: string, cursor: TextCursor): LabelSet {
    if (text === '') return this.cache.empty;
    if (text === this.text) return this.labels;
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
    return this.labels;
  }

  /** Without the label that is the series' own (`le`, `quantile`), and that one's value. */
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
