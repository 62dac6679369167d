import type { LabelSet, MetricType, Sample } from '../model/metric-family.ts';
import { addLabel, JsonLabels, type ReadContext, seriesOf } from './json-labels.ts';
import type { JsonTokens } from './json-tokens.ts';
import { type ReadValue, valueReader } from './kumomta-values.ts';
import { MAX_LABELS } from './sample-limits.ts';

export type { ReadContext } from './json-labels.ts';

/** A family's value, of which the beginning was read. */
export interface OpenValue {
  readonly labelNames?: readonly string[];
  /** Those that are open between two samples. */
  readonly brackets: string;
  /** Reads a sample; undefined behind the last, when the brackets are closed. */
  next(tokens: JsonTokens, isFirst: boolean): Sample | undefined;
}

export interface FamilyHead {
  readonly name: string;
  readonly type: MetricType;
}

/**
 * Reads as much as tells the shape:
 *
 *     value = null                                          ; no samples
 *           / number                                        ; one, without labels
 *           / { label name: { label value: number … } }     ; each with the same single label
 *           / [ { label name: label value …, "@": number } … ]
 */
export function openValue(tokens: JsonTokens, family: FamilyHead, context: ReadContext): OpenValue {
  const read = valueReader(family.type);
  switch (tokens.peek()) {
    case 'n':
      tokens.word();
      return bare(context);
    case '[':
      tokens.take('[');
      return list(read, new JsonLabels(context, family.name));
    case '{':
      return openObject(tokens, family, read, context);
    default:
      return bare(context, read(tokens));
  }
}

/** A map, or a histogram or summary: of these no member is an object. */
function openObject(tokens: JsonTokens, { name, type }: FamilyHead, read: ReadValue, context: ReadContext): OpenValue {
  const mark = tokens.mark();
  tokens.take('{');
  const label = tokens.member(true);
  if (label === undefined) return bare(context);
  if (tokens.peek() === '{') {
    tokens.take('{');
    const labelNames = Object.keys(context.kept.relabel({ [label]: '' }));
    return { labelNames, ...map(label, read, new JsonLabels(context, name, label)) };
  }
  if (type !== 'histogram' && type !== 'summary') throw tokens.malformed('expected {');
  tokens.back(mark);
  return bare(context, read(tokens));
}

function bare({ kept: { none }, meter }: ReadContext, value?: Sample['value']): OpenValue {
  return {
    labelNames: Object.keys(none),
    brackets: '',
    next(_tokens, isFirst) {
      if (!isFirst || value === undefined) return undefined;
      meter.addSeries(0, seriesOf(value));
      return { labels: none, value };
    },
  };
}

function map(label: string, read: ReadValue, kept: JsonLabels): OpenValue {
  return {
    brackets: '{{',
    next(tokens, isFirst) {
      if (!tokens.goesOn('}', isFirst)) {
        if (tokens.goesOn('}', false)) throw tokens.malformed('a map has one label');
        return undefined;
      }
      const sample = { labels: kept.takeKnown(tokens) ?? readKey(tokens, label, kept), value: read(tokens) };
      kept.next(sample.value);
      return sample;
    },
  };
}

function readKey(tokens: JsonTokens, label: string, kept: JsonLabels): LabelSet {
  const mark = tokens.mark();
  const labels = {};
  addLabel(labels, label, tokens.name());
  return kept.keep(tokens.since(mark), labels);
}

function list(read: ReadValue, kept: JsonLabels): OpenValue {
  return {
    brackets: '[',
    next(tokens, isFirst) {
      if (!tokens.goesOn(']', isFirst)) return undefined;
      const sample = readKnownItem(tokens, read, kept) ?? readItem(tokens, read, kept);
      kept.next(sample.value);
      return sample;
    },
  };
}

/** Of an item that begins with known labels, and whose value comes last. */
function readKnownItem(tokens: JsonTokens, read: ReadValue, kept: JsonLabels): Sample | undefined {
  const mark = tokens.mark();
  const labels = kept.takeKnown(tokens);
  if (labels === undefined) return undefined;
  const value = read(tokens);
  if (!tokens.goesOn('}', false)) return { labels, value };
  tokens.back(mark);
  return undefined;
}

function readItem(tokens: JsonTokens, read: ReadValue, kept: JsonLabels): Sample {
  const mark = tokens.mark();
  const labels: Record<string, string> = {};
  let value: Sample['value'] | undefined;
  let text: string | undefined;
  let count = 0;
  tokens.take('{');
  for (let isFirst = true; tokens.goesOn('}', isFirst); isFirst = false) {
    const name = tokens.name();
    const isThere = name === '@' ? value !== undefined : Object.hasOwn(labels, name);
    if (isThere) throw tokens.malformed(`${JSON.stringify(name)} is there twice`);
    if (++count > MAX_LABELS) throw tokens.malformed(`a sample has more than ${MAX_LABELS} members`);
    text = name === '@' ? tokens.since(mark) : undefined;
    if (name === '@') value = read(tokens);
    else addLabel(labels, name, tokens.string());
  }
  if (value === undefined) throw tokens.malformed('expected "@" before this');
  // Where a label follows the value, there is no text that stands for all labels.
  return { labels: kept.keep(text, labels), value };
}
