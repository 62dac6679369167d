import type { LabelSet, MetricType, Sample } from '../metric-family.ts';
import type { JsonTokens } from './json-tokens.ts';
import { type ReadValue, valueReader } from './kumomta-values.ts';

/** A family's value, of which the beginning was read. */
export interface OpenValue {
  readonly labelNames?: readonly string[];
  /** The brackets that are open between two samples. */
  readonly brackets: string;
  /** False when the next sample is the first. */
  readonly hasBegun: boolean;
  /** Reads a sample; undefined behind the last, when the brackets are closed. */
  next(tokens: JsonTokens): Sample | undefined;
}

/**
 * Reads as much as tells the shape:
 *
 *     value = null                                          ; no samples
 *           / number                                        ; one, without labels
 *           / { label name: { label value: number … } }     ; each with the same single label
 *           / [ { label name: label value …, "@": number } … ]
 */
export function openValue(tokens: JsonTokens, type: MetricType): OpenValue {
  const read = valueReader(type);
  switch (tokens.peek()) {
    case 'n':
      tokens.word();
      return bare();
    case '[':
      tokens.take('[');
      return list(read);
    case '{':
      return openObject(tokens, type, read);
    default:
      return bare(read(tokens));
  }
}

/** A map, or a histogram or summary: of these no member is an object. */
function openObject(tokens: JsonTokens, type: MetricType, read: ReadValue): OpenValue {
  tokens.take('{');
  const label = tokens.member(true);
  if (label === undefined) return bare();
  if (tokens.peek() === '{') {
    tokens.take('{');
    return map(label, read);
  }
  if (type !== 'histogram' && type !== 'summary') throw tokens.malformed('expected {');
  tokens.rewind();
  return bare(read(tokens));
}

function bare(value?: Sample['value']): OpenValue {
  let left = value;
  return {
    labelNames: [],
    brackets: '',
    hasBegun: true,
    next() {
      if (left === undefined) return undefined;
      const sample = { labels: {}, value: left };
      left = undefined;
      return sample;
    },
  };
}

function map(label: string, read: ReadValue): OpenValue {
  let hasBegun = false;
  return {
    labelNames: [label],
    brackets: '{{',
    get hasBegun() {
      return hasBegun;
    },
    next(tokens) {
      const text = tokens.member(!hasBegun);
      if (text === undefined) {
        if (tokens.member(false) !== undefined) throw tokens.malformed('a map has one label, and not another');
        return undefined;
      }
      const labels = {};
      addLabel(labels, label, text);
      const value = read(tokens);
      hasBegun = true;
      return { labels, value };
    },
  };
}

function list(read: ReadValue): OpenValue {
  let hasBegun = false;
  return {
    brackets: '[',
    get hasBegun() {
      return hasBegun;
    },
    next(tokens) {
      if (!tokens.item(!hasBegun)) return undefined;
      const sample = readItem(tokens, read);
      hasBegun = true;
      return sample;
    },
  };
}

function readItem(tokens: JsonTokens, read: ReadValue): Sample {
  const labels: Record<string, string> = {};
  let value: Sample['value'] | undefined;
  tokens.take('{');
  for (let name = tokens.member(true); name !== undefined; name = tokens.member(false)) {
    if (name === '@' ? value !== undefined : Object.hasOwn(labels, name)) {
      throw tokens.malformed(`${JSON.stringify(name)} is there twice`);
    }
    if (name === '@') value = read(tokens);
    else addLabel(labels, name, tokens.string());
  }
  if (value === undefined) throw tokens.malformed('expected "@" before this');
  return { labels, value };
}

function addLabel(labels: LabelSet, name: string, value: string): void {
  // Setting this one would set the prototype.
  if (name === '__proto__')
    Object.defineProperty(labels, name, { value, enumerable: true, configurable: true, writable: true });
  else (labels as Record<string, string>)[name] = value;
}
