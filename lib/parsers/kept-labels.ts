import type { LabelSet } from '../model/metric-family.ts';
import { excessBytes, openAccount, stringBytes } from '../util/cache-budget.ts';
import { type TextCursor, unsliced } from './text-cursor.ts';
import { cutLabel, duplicate, labelsText, parseLabels } from './text-labels.ts';

// What V8 takes, in bytes, besides the characters: measured, and rounded up.
const FAMILY = 560;
const LABELS = 100;
const PER_LABEL = 50;
/** After how many documents without it a family is forgotten. */
const MAX_ABSENCE = 3;

/** Makes the label set that is given of the one that was read, which it may change. */
export type Relabel = (labels: LabelSet) => LabelSet;

/** A family's label sets by their places, with the text of each. */
export interface KeptFamily {
  readonly name: string;
  readonly texts: string[];
  readonly sets: LabelSet[];
  /** Bytes that are charged for it. */
  size: number;
  /** The last document that had it. */
  document: number;
}

/**
 * Label sets, kept from document to document. Mostly a family's series come in the same order again: the same text
 * at the same place gives the same object, which is not parsed again here, and which the encoders know again.
 */
export class KeptLabels {
  /** Of a series without labels. */
  readonly none: LabelSet;
  readonly relabel: Relabel;
  private readonly families = new Map<string, KeptFamily>();
  private readonly account = openAccount(this);
  private document = 0;

  constructor(relabel: Relabel = (labels) => labels) {
    this.relabel = relabel;
    this.none = relabel({});
  }

  /** To be called in front of each document. */
  begin(): void {
    this.document++;
    for (const [name, { document, size }] of this.families) {
      if (this.document - document <= MAX_ABSENCE && excessBytes() === 0) continue;
      this.families.delete(name);
      this.account.charge(-size);
    }
  }

  /** To be called for each family, read or skipped. */
  family(name: string): FamilyLabels {
    return new FamilyLabels(this.keptFamily(name), this);
  }

  keptFamily(name: string): KeptFamily {
    let family = this.families.get(name);
    if (family === undefined) {
      family = { name, texts: [], sets: [], size: FAMILY + stringBytes(name), document: 0 };
      if (this.account.tryReserve(family.size)) this.families.set(name, family);
    }
    family.document = this.document;
    return family;
  }

  keep(family: KeptFamily, at: number, text: string, labels: LabelSet): void {
    const { texts, sets, name } = family;
    const size = sizeOf(text, labels) - (at < texts.length ? sizeOf(texts[at] as string, sets[at] as LabelSet) : 0);
    const isForgotten = this.families.get(name) !== family;
    if (isForgotten || at > texts.length || !this.account.tryReserve(size)) return;
    texts[at] = text;
    sets[at] = labels;
    family.size += size;
  }
}

/** The characters count twice: once in the text, and once in the labels' values. */
const sizeOf = (text: string, labels: LabelSet) => LABELS + 2 * text.length + PER_LABEL * Object.keys(labels).length;

/** The label sets of one family in one document. */
export class FamilyLabels {
  private readonly family: KeptFamily;
  private readonly owner: KeptLabels;
  private at = -1;
  private text = '';
  private labels: LabelSet;

  constructor(family: KeptFamily, owner: KeptLabels) {
    this.family = family;
    this.owner = owner;
    this.labels = owner.none;
  }

  /** Of what stands between the braces. */
  of(text: string, cursor: TextCursor): LabelSet {
    if (text === '') return this.owner.none;
    if (text === this.text) return this.labels;
    const { texts, sets } = this.family;
    const at = ++this.at;
    if (texts[at] === text) {
      this.text = text;
      this.labels = sets[at] as LabelSet;
      return this.labels;
    }
    this.text = unsliced(text);
    this.labels = this.owner.relabel(parseLabels(this.text, cursor));
    this.owner.keep(this.family, at, this.text, this.labels);
    return this.labels;
  }

  /** Without the label that is the series' own (`le`, `quantile`), and that one's value. */
  split(text: string, name: string, cursor: TextCursor): { labels: LabelSet; own: string | undefined } {
    const parts = text.includes('\\') ? undefined : cutLabel(text, `${name}="`);
    if (parts !== undefined) {
      const labels = this.of(parts.rest, cursor);
      if (Object.hasOwn(labels, name)) throw duplicate(name, cursor);
      return { own: parts.own, labels };
    }
    const { [name]: own, ...others } = parseLabels(text, cursor);
    return { own, labels: this.of(labelsText(others), cursor) };
  }
}
