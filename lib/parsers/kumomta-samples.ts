import { setLabel } from '../model/labels.ts';
import type { LabelSet, MetricType, Sample } from '../model/metric-family.ts';
import { countSeries, detachString, JsonLabels, type ReadContext } from './json-labels.ts';
import type { JsonTokens } from './json-tokens.ts';
import type { FamilyFaults } from './kumomta-faults.ts';
import { createValueReader, type ReadValue } from './kumomta-values.ts';
import { MAX_LABELS } from './sample-limits.ts';

export type { ReadContext } from './json-labels.ts';

/** Reads the samples of a family's value, whose beginning was read. */
export interface SamplesReader {
  readonly labelNames?: readonly string[];
  /** Brackets that are open between two samples. */
  readonly brackets: string;
  /** The label sets, unless the sample has no labels. `advance` must be called for each sample. */
  readonly labelSets?: JsonLabels;
  /** Reads a sample. Returns undefined after the last one, when the brackets are closed. */
  next(tokens: JsonTokens, isFirst: boolean): Sample | undefined;
}

export interface TypedName {
  readonly name: string;
  readonly type: MetricType;
}

export const NO_SAMPLES: SamplesReader = { brackets: '', next: () => undefined };

/**
 * Reads the beginning of a value, as far as its shape requires:
 *
 *     value = null                                          ; no samples
 *           / number                                        ; one, without labels
 *           / { label name: { label value: number … } }     ; each with the same single label
 *           / [ { label name: label value …, "@": number } … ]
 *
 * What does not fit the family's type is added to `faults`.
 */
export function createSamplesReader(
  tokens: JsonTokens,
  family: TypedName,
  context: ReadContext,
  faults: FamilyFaults,
): SamplesReader {
  const read = createValueReader(family.type, faults.values);
  switch (tokens.peek()) {
    case 'n':
      tokens.word();
      return createUnlabelledReader(context);
    case '[':
      tokens.expect('[');
      return createListReader(read, new JsonLabels(context, family.name));
    case '{':
      return createObjectReader(tokens, family, read, context);
    default:
      return createUnlabelledReader(context, read(tokens));
  }
}

/** Reads the beginning of a map, histogram or summary. Only in a map is the first member an object. */
function createObjectReader(
  tokens: JsonTokens,
  { name, type }: TypedName,
  read: ReadValue,
  context: ReadContext,
): SamplesReader {
  const mark = tokens.mark();
  tokens.expect('{');
  const label = tokens.member(true);
  if (label === undefined) return createUnlabelledReader(context);
  if (tokens.peek() === '{') {
    tokens.expect('{');
    const labelNames = Object.keys(context.labelCache.relabel({ [label]: '' }));
    return { labelNames, ...createMapReader(label, read, new JsonLabels(context, name, label)) };
  }
  if (type !== 'histogram' && type !== 'summary') throw tokens.malformed('expected {');
  tokens.reset(mark);
  return createUnlabelledReader(context, read(tokens));
}

function createUnlabelledReader(
  { labelCache: { empty: none }, meter }: ReadContext,
  value?: Sample['value'],
): SamplesReader {
  return {
    labelNames: Object.keys(none),
    brackets: '',
    next(_tokens, isFirst) {
      if (!isFirst || value === undefined) return undefined;
      meter.addSeries(0, countSeries(value));
      return { labels: none, value };
    },
  };
}

function createMapReader(label: string, read: ReadValue, labelSets: JsonLabels): SamplesReader {
  return {
    brackets: '{{',
    labelSets,
    next(tokens, isFirst) {
      if (!tokens.hasNext('}', isFirst)) {
        if (tokens.hasNext('}', false)) throw tokens.malformed('expected a map with one label');
        return undefined;
      }
      return { labels: labelSets.readCached(tokens) ?? readKey(tokens, label, labelSets), value: read(tokens) };
    },
  };
}

function readKey(tokens: JsonTokens, label: string, labelSets: JsonLabels): LabelSet {
  const mark = tokens.mark();
  const labels: Record<string, string> = {};
  setLabel(labels, label, detachString(tokens.name()));
  return labelSets.add(tokens.sliceFrom(mark), labels);
}

function createListReader(read: ReadValue, labelSets: JsonLabels): SamplesReader {
  return {
    brackets: '[',
    labelSets,
    next(tokens, isFirst) {
      if (!tokens.hasNext(']', isFirst)) return undefined;
      return readCachedItem(tokens, read, labelSets) ?? readItem(tokens, read, labelSets);
    },
  };
}

/** Reads an item that begins with cached labels and ends with its value. Returns undefined for any other. */
function readCachedItem(tokens: JsonTokens, read: ReadValue, labelSets: JsonLabels): Sample | undefined {
  const mark = tokens.mark();
  const labels = labelSets.readCached(tokens);
  if (labels === undefined) return undefined;
  const value = read(tokens);
  if (!tokens.hasNext('}', false)) return { labels, value };
  tokens.reset(mark);
  return undefined;
}

function readItem(tokens: JsonTokens, read: ReadValue, labelSets: JsonLabels): Sample {
  const mark = tokens.mark();
  const labels: Record<string, string> = {};
  let value: Sample['value'] | undefined;
  let text: string | undefined;
  let count = 0;
  tokens.expect('{');
  for (let isFirst = true; tokens.hasNext('}', isFirst); isFirst = false) {
    const name = tokens.name();
    const isDuplicate = name === '@' ? value !== undefined : Object.hasOwn(labels, name);
    if (isDuplicate) throw tokens.malformed(`expected ${JSON.stringify(name)} once`);
    if (++count > MAX_LABELS) throw tokens.malformed(`expected at most ${MAX_LABELS} members in a sample`);
    text = name === '@' ? tokens.sliceFrom(mark) : undefined;
    if (name === '@') value = read(tokens);
    else setLabel(labels, name, detachString(tokens.string()));
  }
  if (value === undefined) throw tokens.malformed('expected "@" before this');
  // No single text contains all labels when a label follows the value.
  return { labels: labelSets.add(text, labels), value };
}
