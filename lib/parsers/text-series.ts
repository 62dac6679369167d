import type { Exemplar, LabelSet } from '../model/metric-family.ts';
import type { DocumentMeter } from '../model/parser.ts';
import type { FamilyLabels } from './label-set-cache.ts';
import { detachString, excerpt, METRIC_NAME, quoteEnd, TextCursor, type TextFormat } from './text-cursor.ts';
import { parseLabels } from './text-labels.ts';
import { textNumberValue } from './text-number.ts';

/** Label that tells the series of one histogram or summary apart. */
export type KeyLabel = 'le' | 'quantile';

/** Number of decimal digits that a double always represents exactly. */
const MAX_SAFE_DIGITS = 15;

/**
 * Reads a series line: first the name, which tells the family, and then the rest, unless the line is skipped.
 *
 *     series      = name [ "{" labels "}" ] / "{" quoted-name [ "," labels ] "}"
 *     prometheus  = series value [ milliseconds ]
 *     openmetrics = series value [ seconds ] [ "# {" labels "}" value [ seconds ] ]
 *
 * A series' timestamp is checked and dropped, because the metrics are served as current.
 */
export class SeriesReader {
  labels: LabelSet = {};
  keyText: string | undefined;
  value = 0;
  exemplar: Exemplar | undefined;
  private readonly format: TextFormat;
  private readonly meter: DocumentMeter;
  private readonly cursor: TextCursor;
  private readonly labelCursor: TextCursor;
  /** Name on the previous line, which usually comes again. */
  private lastName: string | undefined;
  private isQuoted = false;

  constructor(format: TextFormat, meter: DocumentMeter, malformed: (reason: string) => Error) {
    this.format = format;
    this.meter = meter;
    this.cursor = new TextCursor(format, malformed);
    this.labelCursor = new TextCursor(format, malformed);
  }

  readName(line: string): string {
    const { cursor, lastName } = this;
    if (lastName !== undefined && line.startsWith(lastName) && line[lastName.length] === '{') {
      this.isQuoted = false;
      cursor.load(line, lastName.length);
      return lastName;
    }
    cursor.load(line);
    cursor.skipBlanks();
    const start = cursor.at;
    this.isQuoted = cursor.take('{');
    if (this.isQuoted) cursor.skipBlanks();
    const name = this.isQuoted ? cursor.quoted() : cursor.match(METRIC_NAME);
    if (!name || !(this.isQuoted ? /^[ \t,}]/ : /^[ \t{]/).test(line.charAt(cursor.at))) {
      throw cursor.expected('a series', start);
    }
    this.lastName = start === 0 && !this.isQuoted ? name : undefined;
    return name;
  }

  /** Reads the rest of the line after the name. */
  readRest(labels: FamilyLabels, keyLabel: KeyLabel | undefined): void {
    const text = this.labelsText();
    this.meter.addSeries(text.length, 1);
    this.keyText = undefined;
    if (keyLabel === undefined) this.labels = labels.parse(text, this.labelCursor);
    else ({ labels: this.labels, keyText: this.keyText } = labels.parseWithKey(text, keyLabel, this.labelCursor));
    this.exemplar = undefined;
    if (this.takeInteger()) return;
    this.value = this.number();
    if (this.format === 'openmetrics') this.openMetricsEnd();
    else this.prometheusEnd();
    if (!this.cursor.isAtEnd()) throw this.cursor.expected('the end of the line');
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
    if (!/^-?\d+$/.test(text)) throw cursor.fail(`expected a timestamp, got ${excerpt(text)}`);
    cursor.skipBlanks();
  }

  private openMetricsEnd(): void {
    const { cursor } = this;
    if (cursor.isAtEnd()) return;
    cursor.skipSeparator();
    if (!cursor.startsWith('#')) {
      this.seconds();
      if (cursor.isAtEnd()) return;
      cursor.skipSeparator();
    }
    cursor.expect('# {');
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
