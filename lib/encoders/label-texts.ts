import type { LabelSet } from '../metric-family.ts';

/** Of how many label sets a process keeps the text: some 100 MB, where a text has the usual 100 bytes. */
const MAX_KEPT = 2 ** 20;
let kept = 0;
/** After how long (ms) without being written a family's texts are given back. */
const IDLE = 5 * 60_000;

/**
 * The text of label sets, kept from scrape to scrape: escaping it anew is most of the work of encoding. A
 * family's series mostly come in the same order with the same label objects, so a text is looked
 * up by its position, and checked by the object's identity or, failing that, by the labels' values.
 */
export class LabelTexts {
  private readonly families = new Map<string, FamilyTexts>();
  private sweeper: NodeJS.Timeout | undefined;

  /** Texts of another variant (another shape, say) of the same family are forgotten. */
  family(name: string, variant: string): FamilyTexts {
    let texts = this.families.get(name);
    if (texts?.variant !== variant) {
      if (texts !== undefined) this.forget(name, texts);
      texts = new FamilyTexts(variant);
      this.families.set(name, texts);
    }
    texts.usedAt = performance.now();
    this.sweeper ??= setInterval(() => this.sweep(), IDLE / 5).unref();
    return texts;
  }

  private sweep(): void {
    const oldest = performance.now() - IDLE;
    for (const [name, texts] of this.families) if (texts.usedAt < oldest) this.forget(name, texts);
    if (this.families.size > 0) return;
    clearInterval(this.sweeper);
    this.sweeper = undefined;
  }

  private forget(name: string, texts: FamilyTexts): void {
    texts.forget();
    this.families.delete(name);
  }
}

/** For documents that are asked for in a way of their own: there is no end to what a query can say. */
export const keepsNothing: Pick<LabelTexts, 'family'> = {
  family(_name, variant) {
    const texts = new FamilyTexts(variant);
    texts.forget();
    return texts;
  },
};

/** The texts of one family's label sets. */
export class FamilyTexts {
  readonly variant: string;
  usedAt = 0;
  private isForgotten = false;
  private readonly labels: (LabelSet | undefined)[] = [];
  private readonly texts: string[] = [];

  constructor(variant: string) {
    this.variant = variant;
  }

  /** The text of the labels of the series at that position; `write` makes it when it is not known. */
  at(position: number, labels: LabelSet, write: (labels: LabelSet) => string): string {
    const known = this.labels[position];
    if (known !== undefined) {
      if (known === labels) return this.texts[position] as string;
      if (isSame(known, labels)) {
        this.labels[position] = labels;
        return this.texts[position] as string;
      }
    }
    const text = write(labels);
    if (position < this.labels.length || this.reserve(position + 1 - this.labels.length)) {
      // What was left out in between gets its place too: arrays with holes are slow.
      while (this.labels.length < position) {
        this.labels.push(undefined);
        this.texts.push('');
      }
      this.labels[position] = labels;
      this.texts[position] = flat(text);
    }
    return text;
  }

  /** Is there room for so many more? */
  private reserve(count: number): boolean {
    if (this.isForgotten || kept + count > MAX_KEPT) return false;
    kept += count;
    return true;
  }

  /** Gives everything back; a scrape that is under way keeps nothing more here. */
  forget(): void {
    this.trim(0);
    this.isForgotten = true;
  }

  /** Forgets what stands behind the last series. */
  trim(length: number): void {
    if (length >= this.labels.length) return;
    kept -= this.labels.length - length;
    this.labels.length = length;
    this.texts.length = length;
  }
}

/** The same labels in the same order. */
function isSame(a: LabelSet, b: LabelSet): boolean {
  const names = Object.keys(a);
  const others = Object.keys(b);
  return names.length === others.length && names.every((name, i) => name === others[i] && a[name] === b[name]);
}

/** V8 keeps a concatenated string as a tree of its parts; this is one piece, and several times smaller. */
const flat = (byteString: string) => Buffer.from(byteString, 'latin1').toString('latin1');
