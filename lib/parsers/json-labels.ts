import type { LabelSet, Sample } from '../model/metric-family.ts';
import type { DocumentMeter } from './document-meter.ts';
import type { JsonTokens } from './json-tokens.ts';
import type { CachedFamily, LabelSetCache } from './label-set-cache.ts';

/** What the reading of one JSON document needs besides its text. */
export interface ReadContext {
  readonly labelCache: LabelSetCache;
  readonly meter: DocumentMeter;
}

/** The label sets of one family in one JSON document. */
export class JsonLabels {
  private readonly cache: LabelSetCache;
  private readonly family: CachedFamily;
  private readonly meter: DocumentMeter;
  private position = 0;
  /** How many characters the labels of the next sample take in the document. */
  private length = 0;

  /** `label`: the only one that the family has. */
  constructor({ labelCache, meter }: ReadContext, name: string, label?: string) {
    this.cache = labelCache;
    this.meter = meter;
    // With another label, the same texts mean something else.
    this.family = labelCache.cachedFamily(JSON.stringify([name, label]));
  }

  /** Takes the labels of the next sample, when they are written as they were in the last document. */
  readCached(tokens: JsonTokens): LabelSet | undefined {
    const text = this.family.texts[this.position];
    if (text === undefined || !tokens.takeText(text)) return undefined;
    this.length = text.length;
    return this.family.sets[this.position];
  }

  /** Keeps the labels of the next sample, that are written so; gives what is to be given in their place. */
  add(text: string | undefined, read: LabelSet): LabelSet {
    this.length = text?.length ?? labelsLength(read);
    const labels = this.cache.relabel(read);
    if (text !== undefined) this.cache.put(this.family, this.position, detachString(text), labels);
    return labels;
  }

  /** The next sample was read, with this value. */
  advance(value: Sample['value']): void {
    this.position++;
    this.meter.addSeries(this.length, countSeries(value));
  }
}

/** How many series a sample has in the text formats, but for its sum and count. */
export function countSeries(value: Sample['value']): number {
  if (typeof value === 'number') return 1;
  return 1 + ('bounds' in value ? value.bounds : value.quantiles).length;
}

function labelsLength(labels: LabelSet): number {
  let length = 0;
  for (const name of Object.keys(labels)) length += name.length + (labels[name] as string).length;
  return length;
}

export function addLabel(labels: LabelSet, name: string, text: string): void {
  const value = detachString(text);
  // An assignment to this one would set the prototype.
  if (name === '__proto__') Object.defineProperty(labels, name, { value, enumerable: true });
  else (labels as Record<string, string>)[name] = value;
}

/**
 * V8 keeps all of a string as long as there is a slice of it; this is a slice of a concatenation, and so of nothing
 * else. It is several times faster than a way through bytes.
 */
const detachString = (text: string) => ` ${text}`.slice(1);
