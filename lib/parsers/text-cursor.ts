/** The text formats, by the names of their encoders. */
export type TextFormat = 'prometheus-text' | 'openmetrics';

export const METRIC_NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const CARRIAGE_RETURN_HINT = '; lines must end in a line feed without a carriage return';
const TAB = 9;
const BLANK = 32;

/** Reads a line by tokens. Throws the errors that `malformed` creates. */
export class TextCursor {
  text = '';
  at = 0;
  private readonly format: TextFormat;
  private readonly malformed: (reason: string) => Error;
  /** What follows the text. */
  private readonly end: string;

  constructor(format: TextFormat, malformed: (reason: string) => Error, end = 'the end of the line') {
    this.format = format;
    this.malformed = malformed;
    this.end = end;
  }

  load(text: string, at = 0): void {
    this.text = text;
    this.at = at;
  }

  isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** Skips optional blanks between tokens, which OpenMetrics does not allow. */
  skipBlanks(): void {
    if (this.format === 'openmetrics') return;
    while (isBlank(this.text.charCodeAt(this.at))) this.at++;
  }

  /** Skips the blanks before a value: exactly one in OpenMetrics. */
  skipSeparator(): void {
    if (this.format === 'openmetrics') this.expectBlank();
    else this.skipBlanks();
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.at);
  }

  take(text: string): boolean {
    if (!this.startsWith(text)) return false;
    this.at += text.length;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw this.expected(text);
  }

  /** Reads what a pattern with the flag `y` matches at the current position. */
  match(pattern: RegExp): string | undefined {
    const start = this.at;
    pattern.lastIndex = start;
    // Unlike `exec`, it allocates nothing.
    if (!pattern.test(this.text)) return undefined;
    this.at = pattern.lastIndex;
    return this.text.slice(start, this.at);
  }

  /** Reads a quoted string and returns it unescaped. */
  quoted(): string {
    if (!this.take('"')) throw this.expected('a quote');
    const end = quoteEnd(this.text, this.at);
    if (end === -1)
      throw this.fail(`expected a quote at the end of ${excerpt(this.text.slice(this.at - 1))}, got none`);
    const text = this.text.slice(this.at, end);
    this.at = end + 1;
    return unescapeText(text);
  }

  /** Reads the name of a metric, quoted or not. */
  metricName(): string {
    const name = this.startsWith('"') ? this.quoted() : this.match(METRIC_NAME);
    if (!name) throw this.expected('a metric name');
    return name;
  }

  /** Reads exactly one blank. */
  expectBlank(): void {
    if (this.take(' ') || (this.format !== 'openmetrics' && this.take('\t'))) return;
    throw this.expected('a blank');
  }

  /** Reads the comma between labels. The Prometheus format does without it, and allows one after the last label. */
  expectComma(): void {
    if (this.take(',') ? this.format !== 'openmetrics' || !this.isAtEnd() : this.format !== 'openmetrics') return;
    throw this.expected(this.isAtEnd() ? 'a label name' : 'a comma');
  }

  rest(): string {
    return this.text.slice(this.at);
  }

  /** Reads up to the next blank or the end of the line. */
  token(): string {
    const start = this.at;
    while (this.at < this.text.length && !isBlank(this.text.charCodeAt(this.at))) this.at++;
    return this.text.slice(start, this.at);
  }

  fail(reason: string): Error {
    return this.malformed(this.text.endsWith('\r') ? `${reason}${CARRIAGE_RETURN_HINT}` : reason);
  }

  expected(what: string, at = this.at): Error {
    const rest = this.text.slice(at, at + 81);
    return this.fail(`expected ${what}, got ${rest === '' ? this.end : excerpt(rest)}`);
  }
}

const isBlank = (code: number) => code === BLANK || code === TAB;

/** Returns the position of the quote that closes the string whose content starts at `at`; -1 without one. */
export function quoteEnd(text: string, at: number): number {
  let end = text.indexOf('"', at);
  while (end > at && isEscaped(text, at, end)) end = text.indexOf('"', end + 1);
  return end;
}

/** Whether an odd number of backslashes precedes the position. */
function isEscaped(text: string, start: number, at: number): boolean {
  let first = at;
  while (first > start && text[first - 1] === '\\') first--;
  return (at - first) % 2 === 1;
}

/** Returns the position of the first closing brace outside quotes; -1 when there is none. */
export function closingBrace(text: string, start: number): number {
  let brace = text.indexOf('}', start);
  for (let mark = text.indexOf('"', start); mark !== -1 && mark < brace; ) {
    const end = quoteEnd(text, mark + 1);
    if (end === -1) return -1;
    if (end > brace) brace = text.indexOf('}', end);
    mark = text.indexOf('"', end + 1);
  }
  return brace;
}

/** Unescapes a quoted string. Leaves unknown escapes as they are, as Prometheus and OpenMetrics do. */
const unescapeText = (text: string) => replaceEscapes(text, true);

/** Unescapes a help text, in which the Prometheus format does not escape quotes. */
export const unescapeHelp = (text: string, format: TextFormat) => replaceEscapes(text, format === 'openmetrics');

/** Replaces all escapes of a kind at once: a callback for each of many would block the event loop. */
function replaceEscapes(text: string, hasQuotes: boolean): string {
  if (!text.includes('\\')) return text;
  const unescaped = (part: string) => {
    if (!part.includes('\\')) return part;
    const plain = part.replaceAll('\\n', '\n');
    return hasQuotes ? plain.replaceAll('\\"', '"') : plain;
  };
  // Without the escaped backslashes, every backslash starts another escape.
  return text.split('\\\\').map(unescaped).join('\\');
}

/** Quotes and escapes a string. */
export const quote = (text: string) =>
  `"${text.replace(/["\\\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))}"`;

/** Room for most strings that are copied. A new buffer for each would take longer than the copy. */
const scratch = Buffer.alloc(4096);
/** Maximum number of bytes of a UTF-16 code unit in UTF-8. */
const MAX_UNIT_BYTES = 3;

/** Copies a slice of a string that outlives the document: the slice would keep the whole text in memory. */
export function detachString(text: string): string {
  if (MAX_UNIT_BYTES * text.length > scratch.length) return Buffer.from(text).toString();
  const length = scratch.write(text);
  return scratch.toString(length === text.length ? 'latin1' : 'utf8', 0, length);
}

/** Quotes a part of the document for an error message, truncated to 80 characters. */
export function excerpt(text: string): string {
  const shown = JSON.stringify(text.slice(0, 80));
  return shown.length > 80 || text.length > 80 ? `${shown.slice(0, 78)}…"` : shown;
}
