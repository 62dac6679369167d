import type { LabelSet, Sample } from '../model/metric-family.ts';
import type { ParseContext } from '../model/parser.ts';
import { DistinctLabels, isSameSeries } from './distinct-labels.ts';
import type { JsonTokens } from './json-tokens.ts';
import { FamilyLabels, type LabelSetCache, labelSetBytes } from './label-set-cache.ts';

/** What reading one JSON document needs besides its text. */
export interface ReadContext {
  readonly labelCache: LabelSetCache;
  readonly meter: Omit<ParseContext, 'isComplete'>;
}

/** Memory (bytes) of a label set that is compared with others, besides the set. */
const COMPARED_BYTES = 32;

/** Reads the label sets of one family in one JSON document. Each sample has a position, also one that came before. */
export class JsonLabels extends FamilyLabels {
  private readonly meter: ReadContext['meter'];
  /** Length of the next sample's labels in the document, in characters. */
  private length = 0;
  private isCached = false;
  /** The label sets so far, unless they are known to differ. */
  private compared: LabelSet[] | undefined;
  private distinct: DistinctLabels | undefined;
  /** Memory (bytes, estimated) of these. Above `maxJoinBytes`, a label set is compared with the last one only. */
  private comparedBytes = 0;
  private last: LabelSet | undefined;
  /** Number of samples whose label set came before. */
  private repeated = 0;

  /** `label` is the family's only label, for a family that is a map. */
  constructor({ labelCache, meter }: ReadContext, name: string, label?: string) {
    // The same text means another label set in a map of another label.
    super(labelCache.cachedFamily(JSON.stringify([name, label])), labelCache);
    this.meter = meter;
  }

  /** Reads the next sample's labels if they are written as in the last document. */
  readCached(tokens: JsonTokens): LabelSet | undefined {
    const text = this.texts[this.position + 1];
    if (text === undefined || !tokens.takeText(text)) return undefined;
    this.length = text.length;
    this.isCached = true;
    return this.sets[this.position + 1];
  }

  /** Caches the labels of the next sample with their text, if any. Returns the label set that replaces them. */
  add(text: string | undefined, read: LabelSet): LabelSet {
    const position = this.position + 1;
    this.length = text?.length ?? labelsLength(read);
    this.labels = this.cache.relabel(read);
    this.isCached = false;
    if (text === undefined) return this.labels;
    this.text = detachString(text);
    if (this.isCurrent) this.put(position);
    this.isCached = this.texts[position] === this.text;
    return this.labels;
  }

  /** Counts the sample that was read, and goes on to the next. Returns false if its label set came before. */
  advance({ labels, value }: Sample): boolean {
    this.position++;
    this.wasCached &&= this.isCached;
    this.meter.addSeries(this.length, countSeries(value));
    if (this.comparedBytes === 0 && this.areKnown) return true;
    const isNew = this.isNew(labels);
    this.last = labels;
    if (!isNew) this.repeated++;
    return isNew;
  }

  /** Called after the last sample. Returns how many samples have a label set that came before. */
  finish(): number {
    if (this.distinct !== undefined && this.repeated === 0) this.markDistinct();
    return this.repeated;
  }

  private isNew(labels: LabelSet): boolean {
    if (this.comparedBytes === 0) this.startComparing();
    const { compared, distinct } = this;
    if (compared === undefined || distinct === undefined) return !(this.last && isSameSeries(this.last, labels));
    if (distinct.add(labels, compared.length) !== undefined) return false;
    compared.push(labels);
    this.comparedBytes += COMPARED_BYTES + (this.isCached ? 0 : labelSetBytes('', labels));
    if (this.comparedBytes > this.meter.maxJoinBytes) this.stopComparing();
    return true;
  }

  private startComparing(): void {
    const compared = [...this.first(this.position)];
    this.comparedBytes = COMPARED_BYTES * (compared.length + 1);
    this.last = compared.at(-1);
    if (this.comparedBytes > this.meter.maxJoinBytes) return;
    this.compared = compared;
    this.distinct = new DistinctLabels((place) => compared[place] as LabelSet, compared.length);
    for (const [place, labels] of compared.entries()) this.distinct.add(labels, place);
  }

  /** Called when the memory is full. Those so far are known to differ in the next document. */
  private stopComparing(): void {
    if (this.repeated === 0) this.markDistinct();
    this.compared = undefined;
    this.distinct = undefined;
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
