import type { LabelSet } from '../model/metric-family.ts';
import { excessBytes, openAccount, stringBytes } from '../util/cache-budget.ts';
import { KnownTexts, MAX_UNUSED_DOCUMENTS } from './known-texts.ts';
import { detachString, type TextCursor } from './text-cursor.ts';
import { cutLabel, duplicateLabel, formatLabels, LabelParser, parseLabels } from './text-labels.ts';

// Bytes that V8 allocates besides the characters: measured, and rounded up.
const FAMILY_BYTES = 560;
const LABEL_SET_BYTES = 100;
const LABEL_BYTES = 50;

/** Returns the label set that replaces the one that was read. It must not change its argument. */
export type Relabel = (labels: LabelSet) => LabelSet;

/** The label sets of a family by their positions, with the text of each. */
export interface CachedFamily {
  readonly name: string;
  texts: string[];
  sets: LabelSet[];
  /** Number of documents that have read these arrays. */
  readers: number;
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
 * cached texts. Several documents may be read at the same time.
 */
export class LabelSetCache {
  /** Label set of a series without labels. */
  readonly empty: LabelSet;
  readonly relabel: Relabel;
  readonly texts = new KnownTexts();
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
    this.texts.beginDocument();
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
      const size = FAMILY_BYTES + stringBytes(name);
      family = { name, texts: [], sets: [], readers: 0, distinct: 0, size, lastDocument: 0 };
      if (this.account.tryReserve(family.size)) this.families.set(name, family);
    }
    family.lastDocument = this.document;
    return family;
  }

  put(family: CachedFamily, position: number, text: string, labels: LabelSet): void {
    const { texts, sets, name } = family;
    const size =
      labelSetBytes(text, labels) -
      (position < texts.length ? labelSetBytes(texts[position] as string, sets[position] as LabelSet) : 0);
    const isEvicted = this.families.get(name) !== family;
    if (isEvicted || position > texts.length || !this.account.tryReserve(size)) return;
    texts[position] = text;
    sets[position] = labels;
    family.distinct = Math.min(family.distinct, position);
    family.size += size;
  }
}

/** Counts the characters twice: in the text, and in the labels' values. */
export const labelSetBytes = (text: string, labels: LabelSet) =>
  LABEL_SET_BYTES + 2 * text.length + LABEL_BYTES * Object.keys(labels).length;

/** Reads the label sets of one family in one document. */
export class FamilyLabels {
  protected readonly family: CachedFamily;
  protected readonly cache: LabelSetCache;
  private readonly parser = new LabelParser();
  /** Arrays of the family. What was read from them stays, whatever another document replaces. */
  protected texts: readonly string[];
  protected sets: readonly LabelSet[];
  protected position = -1;
  protected text = '';
  protected labels: LabelSet;
  /** Whether none came twice in a row. */
  isUnrepeated = true;
  private hasEmpty = false;
  private startsEmpty = false;
  /** Whether every text was cached when it was read. */
  protected wasCached = true;

  constructor(family: CachedFamily, cache: LabelSetCache) {
    this.family = family;
    this.cache = cache;
    this.labels = cache.empty;
    this.texts = family.texts;
    this.sets = family.sets;
    family.readers++;
  }

  /**
   * Returns the end of the labels at a position of a text if they are those that followed the last ones in the previous
   * document, and `suffix` comes after them; otherwise -1.
   */
  nextEnd(text: string, start: number, suffix: string): number {
    const next = this.position + 1;
    const nextText = this.texts[next];
    if (nextText === undefined) return -1;
    // Unless it is known to differ from the last one, it may have become the same when others were replaced.
    const differs = (next < this.family.distinct && this.isCurrent) || nextText !== this.text;
    return differs ? endOf(nextText, text, start, suffix) : -1;
  }

  /** Takes the labels that `nextEnd` found. */
  takeNext(): LabelSet {
    const position = ++this.position;
    this.text = this.texts[position] as string;
    this.labels = this.sets[position] as LabelSet;
    return this.labels;
  }

  /** Returns the end of the labels at a position of a text if they are the last ones again; otherwise -1. */
  lastEnd(text: string, start: number, suffix: string): number {
    return this.text === '' ? -1 : endOf(this.text, text, start, suffix);
  }

  /** Takes the labels that `lastEnd` found. */
  takeLast(): LabelSet {
    this.isUnrepeated = false;
    return this.labels;
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
    const position = ++this.position;
    if (this.texts[position] === text) {
      this.text = text;
      this.labels = this.sets[position] as LabelSet;
      return this.labels;
    }
    this.text = detachString(text);
    this.labels = this.cache.relabel(this.parser.parse(this.text, cursor));
    if (this.isCurrent) this.put(position);
    this.wasCached &&= this.texts[position] === this.text;
    return this.labels;
  }

  /** Returns the labels of a series that was read before, which is not the next one. */
  parseAgain(text: string, cursor: TextCursor): LabelSet {
    return text === '' ? this.cache.empty : this.cache.relabel(parseLabels(text, cursor));
  }

  /** Starts again at the first series, which is read again. */
  restart(): void {
    this.position = -1;
    this.text = '';
    this.labels = this.cache.empty;
    this.isUnrepeated = true;
    this.hasEmpty = false;
    this.startsEmpty = false;
    this.wasCached = true;
  }

  /** Whether no other document has replaced the arrays. */
  protected get isCurrent(): boolean {
    return this.sets === this.family.sets;
  }

  /** Caches the last label set. Copies the arrays before it changes what another document may have read. */
  protected put(position: number): void {
    const { family, text, labels } = this;
    if (position < family.texts.length && family.readers > 1) {
      family.texts = family.texts.slice();
      family.sets = family.sets.slice();
      family.readers = 1;
      this.texts = family.texts;
      this.sets = family.sets;
    }
    this.cache.put(family, position, text, labels);
  }

  /**
   * Whether the label sets so far are known to differ, each from all others, since they did in the last document. One
   * that came several times in a row counts once.
   */
  get areKnown(): boolean {
    const count = this.position + 1;
    return this.hasEmpty ? count === 0 : this.wasCached && this.isCurrent && count <= this.family.distinct;
  }

  /** Returns the first label sets. They must be known to differ. */
  first(count: number): readonly LabelSet[] {
    return this.startsEmpty && count > 0 ? [this.cache.empty] : this.sets.slice(0, count);
  }

  /** Called when the label sets were found to differ. */
  markDistinct(): void {
    const { family } = this;
    if (this.wasCached && this.isCurrent) family.distinct = Math.max(family.distinct, this.position + 1);
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

/** Returns the end of a part of a text that begins at a position, if `suffix` comes after it; otherwise -1. */
function endOf(part: string, text: string, start: number, suffix: string): number {
  const end = start + part.length;
  return text.startsWith(suffix, end) && text.slice(start, end) === part ? end : -1;
}
