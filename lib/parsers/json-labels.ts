import type { LabelSet } from '../metric-family.ts';
import type { JsonTokens } from './json-tokens.ts';
import type { KeptFamily, KeptLabels } from './kept-labels.ts';

/** The label sets of one family in one JSON document. */
export class JsonLabels {
  private readonly owner: KeptLabels;
  private readonly family: KeptFamily;
  private at = 0;

  /** `label`: the only one that the family has. */
  constructor(owner: KeptLabels, name: string, label?: string) {
    this.owner = owner;
    // With another label, the same texts mean something else.
    this.family = owner.keptFamily(JSON.stringify([name, label]));
  }

  /** Takes the labels of the next sample, when they are written as they were in the last document. */
  takeKnown(tokens: JsonTokens): LabelSet | undefined {
    const text = this.family.texts[this.at];
    return text !== undefined && tokens.takeText(text) ? this.family.sets[this.at] : undefined;
  }

  /** Keeps the labels of the next sample, that are written so; gives what is to be given in their place. */
  keep(text: string | undefined, read: LabelSet): LabelSet {
    const labels = this.owner.relabel(read);
    if (text !== undefined) this.owner.keep(this.family, this.at, unsliced(text), labels);
    return labels;
  }

  /** The next sample was read. */
  next(): void {
    this.at++;
  }
}

export function addLabel(labels: LabelSet, name: string, text: string): void {
  const value = unsliced(text);
  // An assignment to this one would set the prototype.
  if (name === '__proto__') Object.defineProperty(labels, name, { value, enumerable: true });
  else (labels as Record<string, string>)[name] = value;
}

/**
 * V8 keeps all of a string as long as there is a slice of it; this is a slice of a concatenation, and so of nothing
 * else. It is several times faster than a way through bytes.
 */
const unsliced = (text: string) => ` ${text}`.slice(1);
