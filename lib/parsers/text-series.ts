import type { Exemplar, LabelSet } from '../model/metric-family.ts';
import type { FamilyLabels } from './label-set-cache.ts';
import { detachString, excerpt, METRIC_NAME, quoteEnd, TextCursor, type TextFormat } from './text-cursor.ts';
import { parseLabels } from './text-labels.ts';
import { textNumberValue } from './text-number.ts';

/** Label that tells the series of one histogram or summary apart. */
export type KeyLabel = 'le' | 'quantile';

/** The series that may have one, in Prometheus. */
const MAY_HAVE_EXEMPLAR = /(?:_total|_bucket)$/;

/** Number of names that take turns in a family. */
const MAX_NAMES = 4;

/** A name without quotes, and the one that followed it last time. */
interface KnownName {
  readonly name: string;
  next: KnownName | undefined;
}

const BRACE = 123;

/** Number of decimal digits that a double always represents exactly. */
const MAX_SAFE_DIGITS = 15;

/** Whether a line begins with this name and a brace. */
const isSeriesOf = (name: string, line: string) => line.startsWith(name) && line.charCodeAt(name.length) === BRACE;

/**
 * Reads a series line: first the name, which tells the family, and then the rest, unless the line is skipped.
 *
 *     series      = name [ "{" labels "}" ] / "{" quoted-name [ "," labels ] "}"
 *     prometheus  = series value [ milliseconds ]
 *     openmetrics = series value [ seconds ] [ "# {" labels "}" value [ seconds ] ]
 *
 * A series' timestamp tells the latest of several values. It is not served, because the metrics are current.
 */
export class SeriesReader {
  labels: LabelSet = {};
  keyText: string | undefined;
  value = 0;
  exemplar: Exemplar | undefined;
  /** Milliseconds since the Unix epoch. */
  time: number | undefined;
  private readonly format: TextFormat;
  /** Number of series whose labels were read, and the length of the labels in the document. */
  count = 0;
  labelLength = 0;
  private readonly cursor: TextCursor;
  private readonly labelCursor: TextCursor;
  /** Name on the previous line, which usually comes again. */
  private last: KnownName | undefined;
  /** The last names, so that those of a histogram's series take turns. */
  private readonly names: KnownName[] = [];
  private nextName = 0;
  private name = '';
  private isQuoted = false;

  constructor(format: TextFormat, malformed: (reason: string) => Error) {
    this.format = format;
    this.cursor = new TextCursor(format, malformed);
    this.labelCursor = new TextCursor(format, malformed);
  }

  readName(line: string): string {
    const { last } = this;
    if (last === undefined) return this.parseName(line);
    if (!isSeriesOf(last.name, line)) {
      const { next } = last;
      if (next === undefined || !isSeriesOf(next.name, line)) return this.parseName(line);
      this.last = next;
    }
    const { name } = this.last as KnownName;
    this.isQuoted = false;
    this.name = name;
    this.cursor.load(line, name.length);
    return name;
  }

  private parseName(line: string): string {
    const { cursor } = this;
    cursor.load(line);
    cursor.skipBlanks();
    const start = cursor.at;
    this.isQuoted = cursor.take('{');
    if (this.isQuoted) cursor.skipBlanks();
    const name = this.isQuoted ? cursor.quoted() : cursor.match(METRIC_NAME);
    if (!name || !(this.isQuoted ? /^[ \t,}]/ : /^[ \t{]/).test(line.charAt(cursor.at))) {
      throw cursor.expected('a series', start);
    }
    this.name = name;
    this.last = start === 0 && !this.isQuoted ? this.successor(name) : undefined;
    return this.last?.name ?? name;
  }

  /** Remembers that a name followed the last one. */
  private successor(name: string): KnownName {
    const known = this.names.find((other) => other.name === name) ?? this.addName(name);
    if (this.last !== undefined) this.last.next = known;
    return known;
  }

  private addName(name: string): KnownName {
    const known = { name, next: undefined };
    this.names[this.nextName] = known;
    this.nextName = (this.nextName + 1) % MAX_NAMES;
    return known;
  }

  /** Position of the end of the name that was read. */
  get nameEnd(): number {
    return this.cursor.at;
  }

  /** Reads the rest of the line after the name. */
  readRest(labels: FamilyLabels, keyLabel: KeyLabel | undefined): void {
    const text = this.labelsText();
    this.count++;
    this.labelLength += text.length;
    this.keyText = undefined;
    if (keyLabel === undefined) this.labels = labels.parse(text, this.labelCursor);
    else ({ labels: this.labels, keyText: this.keyText } = labels.parseWithKey(text, keyLabel, this.labelCursor));
    this.exemplar = undefined;
    this.time = undefined;
    if (this.takeInteger()) return;
    this.value = this.number();
    if (this.format === 'openmetrics') this.openMetricsEnd();
    else this.prometheusEnd();
    if (!this.cursor.isAtEnd()) throw this.cursor.expected('the end of the line');
  }

  /** Reads a line again, and returns its labels. What was read of another line stays. */
  readLabels(line: string, labels: FamilyLabels): LabelSet {
    this.readName(line);
    return labels.parseAgain(this.labelsText(), this.labelCursor);
  }

  /** Reads up to the value, and returns the text between the braces. */
  private labelsText(): string {
    const { cursor, isQuoted } = this;
    cursor.skipBlanks();
    if (cursor.take(isQuoted ? ',' : '{')) return this.braced();
    if (isQuoted) cursor.expect('}');
    cursor.skipSeparator();
    return '';
  }

  /** Reads up to the value from after the opening brace, and returns the text between the braces. */
  private braced(): string {
    const { cursor } = this;
    const start = cursor.at;
    // After the labels, only an exemplar has braces.
    const hasExemplar = this.format === 'openmetrics' && cursor.text.includes(' # {', start);
    const end = hasExemplar ? closingBrace(cursor.text, start) : cursor.text.lastIndexOf('}');
    if (end < start) throw cursor.fail('expected } after the labels, got none');
    cursor.at = end + 1;
    cursor.skipSeparator();
    return cursor.text.slice(start, end);
  }

  /** Reads an integer at the end of the line, the fast path for most lines. */
  private takeInteger(): boolean {
    const { text, at } = this.cursor;
    if (at === text.length || text.length - at > MAX_SAFE_DIGITS) return false;
    let value = 0;
    for (let i = at; i < text.length; i++) {
      const digit = text.charCodeAt(i) - 48;
      if (digit < 0 || digit > 9) return false;
      value = value * 10 + digit;
    }
    this.value = value;
    return true;
  }

  private number(): number {
    const text = this.cursor.token();
    if (text === '') throw this.cursor.expected('a number');
    const value = textNumberValue(text);
    if (value === undefined) throw this.cursor.fail(`expected a number, got ${excerpt(text)}`);
    return value;
  }

  private prometheusEnd(): void {
    const { cursor } = this;
    cursor.skipBlanks();
    if (cursor.isAtEnd()) return;
    const text = cursor.token();
    if (!/^-?\d+$/.test(text)) {
      const hint = text === '#' ? '; if this is an exemplar, set format: "openmetrics"' : '';
      throw cursor.fail(`expected a timestamp, got ${excerpt(text)}${hint}`);
    }
    this.time = Number(text);
    cursor.skipBlanks();
  }

  private openMetricsEnd(): void {
    const { cursor } = this;
    if (cursor.isAtEnd()) return;
    cursor.skipSeparator();
    if (!cursor.startsWith('#')) {
      this.time = 1000 * this.seconds();
      if (cursor.isAtEnd()) return;
      cursor.skipSeparator();
    }
    cursor.expect('# {');
    if (!MAY_HAVE_EXEMPLAR.test(this.name)) {
      throw cursor.fail(
        `expected no exemplar for ${excerpt(this.name)}, whose name ends in neither _total nor _bucket`,
      );
    }
    this.exemplar = this.readExemplar();
  }

  private readExemplar(): Exemplar {
    const { cursor, labelCursor } = this;
    const labels = parseLabels(detachString(this.braced()), labelCursor);
    const value = this.number();
    if (cursor.isAtEnd()) return { labels, value };
    cursor.skipSeparator();
    return { labels, value, timestamp: this.seconds() };
  }

  private seconds(): number {
    const value = this.number();
    if (!Number.isFinite(value)) throw this.cursor.fail(`expected a timestamp, got ${value}`);
    return value;
  }
}

/** Returns the position of the first closing brace outside quotes; -1 when there is none. */
function closingBrace(text: string, start: number): number {
  let brace = text.indexOf('}', start);
  for (let mark = text.indexOf('"', start); mark !== -1 && mark < brace; ) {
    const end = quoteEnd(text, mark + 1);
    if (end === -1) return -1;
    if (end > brace) brace = text.indexOf('}', end);
    mark = text.indexOf('"', end + 1);
  }
  return brace;
}
