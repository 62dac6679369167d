import { setLabel } from '../model/labels.ts';
import type { LabelSet } from '../model/metric-family.ts';
import { MAX_LABELS } from './sample-limits.ts';
import { excerpt, quote, type TextCursor } from './text-cursor.ts';

const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const BARE_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Parses the text between the braces: labels separated by commas, of which one may follow the last. Like Prometheus, it
 * does not check the names of an exemplar's labels: of two with the same name, the last one is kept.
 */
export function parseLabels(text: string, cursor: TextCursor, isExemplar = false): LabelSet {
  const labels: Record<string, string> = {};
  let count = 0;
  cursor.load(text);
  for (cursor.skipBlanks(); !cursor.isAtEnd(); cursor.skipBlanks()) {
    const name = cursor.startsWith('"') ? cursor.quoted() : cursor.match(LABEL_NAME);
    if (!name) throw cursor.expected('a label name');
    if (++count > MAX_LABELS) throw cursor.fail(`expected at most ${MAX_LABELS} labels, got more`);
    if (!isExemplar) checkLabelName(name, labels, cursor);
    cursor.skipBlanks();
    cursor.expect('=');
    cursor.skipBlanks();
    setLabel(labels, name, cursor.quoted());
    cursor.skipBlanks();
    if (!cursor.isAtEnd()) cursor.expectComma();
  }
  return labels;
}

function checkLabelName(name: string, labels: LabelSet, cursor: TextCursor): void {
  if (name === '__name__') throw cursor.fail('expected the name before the labels, got the label __name__');
  if (Object.hasOwn(labels, name)) throw duplicateLabel(name, cursor);
}

/** The names of labels in the order of a text. */
interface LabelShape {
  readonly names: readonly string[];
  /** What comes before the value of each. */
  readonly starts: readonly string[];
}

/** Parses the labels of a family. Most of its series have the same names in the same order. */
export class LabelParser {
  private shape: LabelShape | undefined;

  parse(text: string, cursor: TextCursor): LabelSet {
    const known = this.shape && parseShape(text, this.shape);
    if (known !== undefined) return known;
    const labels = parseLabels(text, cursor);
    this.shape = shapeOf(Object.keys(labels));
    return labels;
  }
}

function shapeOf(names: readonly string[]): LabelShape | undefined {
  if (names.length === 0 || !names.every((name) => BARE_NAME.test(name))) return undefined;
  return { names, starts: names.map((name, i) => `${i === 0 ? '' : '",'}${name}="`) };
}

/** Returns undefined for a text that does not have the shape, or has escapes. */
function parseShape(text: string, { names, starts }: LabelShape): LabelSet | undefined {
  if (text.includes('\\')) return undefined;
  const labels: Record<string, string> = {};
  let at = 0;
  for (let i = 0; i < names.length; i++) {
    const start = starts[i] as string;
    if (!text.startsWith(start, at)) return undefined;
    const end = text.indexOf('"', at + start.length);
    if (end === -1) return undefined;
    setLabel(labels, names[i] as string, text.slice(at + start.length, end));
    at = end;
  }
  return at === text.length - 1 ? labels : undefined;
}

export const duplicateLabel = (name: string, cursor: TextCursor) =>
  cursor.fail(`expected each label once, got ${excerpt(name)} again`);

/** Formats labels in one canonical way, in their order. */
export function formatLabels(labels: LabelSet): string {
  const text = ([name, value]: [string, string]) => `${BARE_NAME.test(name) ? name : quote(name)}=${quote(value)}`;
  return Object.entries(labels).map(text).join(',');
}

/**
 * Cuts the label that begins with `start` out of a text without escapes, which is faster than parsing the text.
 * Returns undefined where that is not certain. The caller parses both parts, which rejects what is invalid.
 */
export function cutLabel(text: string, start: string): { rest: string; value: string } | undefined {
  let isOutside = true;
  let mark = text.indexOf('"');
  for (let at = text.indexOf(start); at !== -1; at = text.indexOf(start, at + 1)) {
    for (; mark !== -1 && mark < at; mark = text.indexOf('"', mark + 1)) isOutside = !isOutside;
    if (!isOutside || (at > 0 && !text.startsWith('",', at - 2))) continue;
    const valueStart = at + start.length;
    const valueEnd = text.indexOf('"', valueStart);
    if (valueEnd === -1) return undefined;
    const value = text.slice(valueStart, valueEnd);
    if (valueEnd === text.length - 1) return { value, rest: text.slice(0, Math.max(0, at - 1)) };
    return text[valueEnd + 1] === ',' ? { value, rest: text.slice(0, at) + text.slice(valueEnd + 2) } : undefined;
  }
  return undefined;
}
