import type { LabelSet, Sample } from '../model/metric-family.ts';
import type { DocumentMeter, ParseContext } from '../model/parser.ts';
import type { JsonTokens } from './json-tokens.ts';
import type { CachedFamily, LabelSetCache } from './label-set-cache.ts';

/** What reading one JSON document needs besides its text. */
export interface ReadContext {
  readonly labelCache: LabelSetCache;
  readonly meter: Omit<ParseContext, 'isComplete'>;
}

/** Reads the label sets of one family in one JSON document. */
export class JsonLabels {
  private readonly cache: LabelSetCache;
  private readonly family: CachedFamily;
  private readonly meter: DocumentMeter;
  private position = 0;
  /** Length of the next sample's labels in the document, in characters. */
  private length = 0;

  /** `label` is the family's only label, for a family that is a map. */
  constructor({ labelCache, meter }: ReadContext, name: string, label?: string) {
    this.cache = labelCache;
    this.meter = meter;
    // The same text means another label set in a map of another label.
    this.family = labelCache.cachedFamily(JSON.stringify([name, label]));
  }

  /** Reads the next sample's labels if they are written as in the last document. */
  readCached(tokens: JsonTokens): LabelSet | undefined {
    const text = this.family.texts[this.position];
    if (text === undefined || !tokens.takeText(text)) return undefined;
    this.length = text.length;
    return this.family.sets[this.position];
  }

  /** Caches the labels of the next sample with their text, if any. Returns the label set that replaces them. */
  add(text: string | undefined, read: LabelSet): LabelSet {
    this.length = text?.length ?? labelsLength(read);
    const labels = this.cache.relabel(read);
    if (text !== undefined) this.cache.put(this.family, this.position, detachString(text), labels);
    return labels;
  }

  /** Counts the sample whose value was read, and goes on to the next. */
  advance(value: Sample['value']): void {
    this.position++;
    this.meter.addSeries(this.length, countSeries(value));
  }
}

/** Returns the number of series of a sample in the text formats, without its sum and count. */
export function countSeries(value: Sample['value']): number {
  if (typeof value === 'number') return 1;
  return 1 + ('bounds' in value ? value.bounds : value.quantiles).length;
}

function labelsLength(labels: LabelSet): number {
  let length = 0;
  for (const name of Object.keys(labels)) length += name.length + (labels[name] as string).length;
  return length;
}

/**
 * Copies a slice of a string, because V8 keeps the whole string in memory as long as a slice of it exists. The
 * concatenation is a new string, so that the result refers to it alone. Several times faster than a copy by bytes.
 */
export const detachString = (text: string) => ` ${text}`.slice(1);
