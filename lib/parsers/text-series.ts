import type { Exemplar, LabelSet } from '../model/metric-family.ts';
import type { FamilyLabels } from './label-set-cache.ts';
import { RecentNames } from './recent-names.ts';
import { closingBrace, detachString, excerpt, METRIC_NAME, TextCursor, type TextFormat } from './text-cursor.ts';
import { duplicateLabel, parseLabels } from './text-labels.ts';
import { plainNumber, textNumberValue } from './text-number.ts';

/** Label that tells the series of one histogram or summary apart. */
export type KeyLabel = 'le' | 'quantile';

/** The series that may have one, in Prometheus. */
const MAY_HAVE_EXEMPLAR = /(?:_total|_bucket)$/;

/** End of the error for an exemplar, which the Prometheus format does not have. The command replaces it. */
const EXEMPLAR_HINT = '; if this is an exemplar, set format: "openmetrics"';

const KEY_STARTS = { le: ',le="', quantile: ',quantile="' } as const;

/** What usually follows the labels. */
const LABELS_END = '} ';
const OPENING_BRACE = 123;

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
  private readonly names = new RecentNames();
  private name = '';
  private isQuoted = false;

  constructor(format: TextFormat, malformed: (reason: string) => Error) {
    this.format = format;
    this.cursor = new TextCursor(format, malformed);
    this.labelCursor = new TextCursor(format, malformed, '"}"');
  }

  readName(line: string): string {
    const name = this.names.find(line);
    if (name === undefined) return this.parseName(line);
    this.isQuoted = false;
    this.name = name;
    this.cursor.load(line, name.length);
    return name;
  }

  /** Announces the name of the lines that follow. */
  expectName(name: string): void {
    this.names.add(name);
  }

  private parseName(line: string): string {
    const { cursor } = this;
    cursor.load(line);
    this.isQuoted = cursor.take('{');
    if (this.isQuoted) cursor.skipBlanks();
    const name = this.isQuoted ? cursor.quoted() : cursor.match(METRIC_NAME);
    const isDivided = (this.isQuoted ? /^[ \t,}]/ : /^[ \t{]/).test(line.charAt(cursor.at));
    if (!name || !(isDivided || this.isValueNext())) throw cursor.expected('a series', 0);
    this.name = name;
    return this.isQuoted ? name : this.names.add(name);
  }

  /** Whether a value follows the name without a blank, such as `a+1`, which Prometheus accepts in its text format. */
  private isValueNext(): boolean {
    const [, token] = /^([-+.][^{ \t]*)/.exec(this.cursor.rest()) ?? [];
    return this.format !== 'openmetrics' && !this.isQuoted && textNumberValue(token ?? '') !== undefined;
  }

  /** Position of the end of the name that was read. */
  get nameEnd(): number {
    return this.cursor.at;
  }

  /** Reads the rest of the line after the name. */
  readRest(labels: FamilyLabels, keyLabel: KeyLabel | undefined): void {
    this.count++;
    if (!this.takeKnownLabels(labels, keyLabel)) this.parseLabels(labels, keyLabel);
    this.exemplar = undefined;
    this.time = undefined;
    const plain = plainNumber(this.cursor.text, this.cursor.at);
    if (plain !== undefined) {
      this.value = plain;
      return;
    }
    this.value = this.number();
    if (this.format === 'openmetrics') this.openMetricsEnd();
    else this.prometheusEnd();
    if (!this.cursor.isAtEnd()) throw this.cursor.expected('the end of the line');
  }

  /** Reads labels that were read before: the fast path for most lines. Returns false if there are others. */
  private takeKnownLabels(labels: FamilyLabels, keyLabel: KeyLabel | undefined): boolean {
    const { cursor } = this;
    if (this.isQuoted || cursor.text.charCodeAt(cursor.at) !== OPENING_BRACE) return false;
    const start = cursor.at + 1;
    const end = keyLabel === undefined ? this.takePlainLabels(labels, start) : this.takeKeyed(labels, keyLabel, start);
    if (end === -1) return false;
    this.labelLength += end - start;
    cursor.at = end + LABELS_END.length;
    cursor.skipBlanks();
    return true;
  }

  /** Returns the position of the closing brace after labels that were read before; otherwise -1. */
  private takePlainLabels(labels: FamilyLabels, start: number): number {
    const { text } = this.cursor;
    const nextEnd = labels.nextEnd(text, start, LABELS_END);
    const end = nextEnd === -1 ? labels.lastEnd(text, start, LABELS_END) : nextEnd;
    if (end === -1) return -1;
    this.labels = nextEnd === -1 ? labels.takeLast() : labels.takeNext();
    this.keyText = undefined;
    return end;
  }

  /** Returns the position of the closing brace after labels that were read before and a key; otherwise -1. */
  private takeKeyed(labels: FamilyLabels, keyLabel: KeyLabel, start: number): number {
    const { text } = this.cursor;
    const keyStart = KEY_STARTS[keyLabel];
    const lastEnd = labels.lastEnd(text, start, keyStart);
    const end = lastEnd === -1 ? labels.nextEnd(text, start, keyStart) : lastEnd;
    if (end === -1) return -1;
    const keyEnd = text.indexOf('"', end + keyStart.length);
    const keyText = text.slice(end + keyStart.length, keyEnd);
    if (keyText.includes('\\') || !text.startsWith(LABELS_END, keyEnd + 1)) return -1;
    this.labels = lastEnd === -1 ? labels.takeNext() : labels.takeLast();
    this.keyText = keyText;
    if (Object.hasOwn(this.labels, keyLabel)) throw duplicateLabel(keyLabel, this.cursor);
    return keyEnd + 1;
  }

  private parseLabels(labels: FamilyLabels, keyLabel: KeyLabel | undefined): void {
    const text = this.labelsText();
    this.labelLength += text.length;
    this.keyText = undefined;
    if (keyLabel === undefined) this.labels = labels.parse(text, this.labelCursor);
    else ({ labels: this.labels, keyText: this.keyText } = labels.parseWithKey(text, keyLabel, this.labelCursor));
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
    const first = cursor.text.indexOf('}', start);
    // Label values and exemplars may have braces, too.
    const end = first === cursor.text.lastIndexOf('}') ? first : closingBrace(cursor.text, start);
    if (end < start) throw cursor.fail('expected } after the labels, got none');
    cursor.at = end + 1;
    cursor.skipSeparator();
    return cursor.text.slice(start, end);
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
    if (!isTimestamp(text)) {
      throw cursor.fail(`expected a timestamp, got ${excerpt(text)}${text.startsWith('#') ? EXEMPLAR_HINT : ''}`);
    }
    this.time = Number(text);
    cursor.skipBlanks();
    if (cursor.startsWith('#')) {
      throw cursor.fail(`expected the end of the line, got ${excerpt(cursor.rest())}${EXEMPLAR_HINT}`);
    }
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
    const labels = parseLabels(detachString(this.braced()), labelCursor, true);
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

/** Whether a text is a number of milliseconds as Prometheus reads it: digits, for 63 bits. */
function isTimestamp(text: string): boolean {
  // A BigInt takes longer than the rest of the line, and 18 digits always fit.
  if (/^\d{1,18}$/.test(text)) return true;
  const [, digits] = /^0*(\d{1,19})$/.exec(text) ?? [];
  return digits !== undefined && BigInt(digits) < 2n ** 63n;
}
