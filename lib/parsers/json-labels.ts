import type { LabelSet, Sample } from '../model/metric-family.ts';
import type { DocumentMeter } from './document-meter.ts';
import type { JsonTokens } from './json-tokens.ts';
import type { KeptFamily, KeptLabels } from './kept-labels.ts';

/** What the reading of one JSON document needs besides its text. */
export interface ReadContext {
  readonly kept: KeptLabels;
  readonly meter: DocumentMeter;
}

/** The label sets of one family in one JSON document. */
export class JsonLabels {
  private readonly owner: KeptLabels;
  private readonly family: KeptFamily;
  private readonly meter: DocumentMeter;
  private at = 0;
  /** How many characters the labels of the next sample take in the document. */
  private length = 0;

  /** `label`: the only one that the family has. */
  constructor({ kept: owner, meter }: ReadContext, name: string, label?: string) {
    this.owner = owner;
    this.meter = meter;
    // With another label, the same texts mean something else.
    this.family = owner.keptFamily(JSON.stringify([name, label]));
  }

  /** Takes the labels of the next sample, when they are written as they were in the last document. */
  takeKnown(tokens: JsonTokens): LabelSet | undefined {
    const text = this.family.texts[this.at];
    if (text === undefined || !tokens.takeText(text)) return undefined;
    this.length = text.length;
    return this.family.sets[this.at];
  }

  /** Keeps the labels of the next sample, that are written so; gives what is to be given in their place. */
  keep(text: string | undefined, read: LabelSet): LabelSet {
    this.length = text?.length ?? lengthOf(read);
    const labels = this.owner.relabel(read);
    if (text !== undefined) this.owner.keep(this.family, this.at, unsliced(text), labels);
    return labels;
  }

  /** The next sample was read, with this value. */
  next(value: Sample['value']): void {
    this.at++;
    this.meter.addSeries(this.length, seriesOf(value));
  }
}

/** How many series a sample has in the text formats, but for its sum and count. */
export function seriesOf(value: Sample['value']): number {
  if (typeof value === 'number') return 1;
  return 1 + ('bounds' in value ? value.bounds : value.quantiles).length;
}

function lengthOf(labels: LabelSet): number {
  let length = 0;
  for (const name of Object.keys(labels)) length += name.length + (labels[name] as string).length;
  return length;
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
