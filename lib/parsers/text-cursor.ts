/** The two text formats, by the names of their encoders. */
export type TextFormat = 'prometheus-text' | 'openmetrics';

export const METRIC_NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const TAB = 9;
const BLANK = 32;

/** A place in a line. What fails throws what `malformed` makes of the reason. */
export class TextCursor {
  text = '';
  at = 0;
  private readonly format: TextFormat;
  private readonly malformed: (reason: string) => Error;

  constructor(format: TextFormat, malformed: (reason: string) => Error) {
    this.format = format;
    this.malformed = malformed;
  }

  load(text: string, at = 0): void {
    this.text = text;
    this.at = at;
  }

  isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** Blanks between tokens that need none, of which OpenMetrics has none either. */
  skipBlanks(): void {
    if (this.format === 'openmetrics') return;
    while (isBlank(this.text.charCodeAt(this.at))) this.at++;
  }

  /** Blanks in front of a value, of which OpenMetrics has exactly one. */
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

  /** What a pattern with the flag `y` finds here. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.text) ?? [];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  /** A string in quotes, unescaped. */
  quoted(): string {
    this.expect('"');
    const end = quoteEnd(this.text, this.at);
    if (end === -1) throw this.fail(`${excerpt(this.text.slice(this.at - 1))} has no quote at its end`);
    const text = this.text.slice(this.at, end);
    this.at = end + 1;
    return unescapeText(text);
  }

  /** As it is, or in quotes. */
  metricName(): string {
    const name = this.startsWith('"') ? this.quoted() : this.match(METRIC_NAME);
    if (!name) throw this.expected('the name of a metric');
    return name;
  }

  /** A single one. */
  expectBlank(): void {
    if (this.take(' ') || (this.format !== 'openmetrics' && this.take('\t'))) return;
    throw this.expected('a blank');
  }

  rest(): string {
    return this.text.slice(this.at);
  }

  /** Up to the next blank or the end. */
  token(): string {
    const start = this.at;
    while (this.at < this.text.length && !isBlank(this.text.charCodeAt(this.at))) this.at++;
    return this.text.slice(start, this.at);
  }

  fail(reason: string): Error {
    return this.malformed(reason);
  }

  expected(what: string, at = this.at): Error {
    const rest = this.text.slice(at, at + 81);
    return this.malformed(`${rest === '' ? 'the end' : excerpt(rest)} stands where ${what} is expected`);
  }
}

const isBlank = (code: number) => code === BLANK || code === TAB;

/** Where the quote stands that closes what began before `at`; -1 when there is none. */
export function quoteEnd(text: string, at: number): number {
  let end = text.indexOf('"', at);
  while (end > at && isEscaped(text, at, end)) end = text.indexOf('"', end + 1);
  return end;
}

/** Is the number of backslashes in front of it odd? */
function isEscaped(text: string, start: number, at: number): boolean {
  let first = at;
  while (first > start && text[first - 1] === '\\') first--;
  return (at - first) % 2 === 1;
}

/** Other escapes are left as they are, as in Prometheus and OpenMetrics. */
export const unescapeText = (text: string) => replaceEscapes(text, true);

/** In the Prometheus format a quote is not escaped in a help text. */
export const unescapeHelp = (text: string, format: TextFormat) => replaceEscapes(text, format === 'openmetrics');

/** Replaces all escapes of a kind at once: a callback for each would hold the event loop where there are many. */
function replaceEscapes(text: string, hasQuotes: boolean): string {
  if (!text.includes('\\')) return text;
  const unescaped = (part: string) => {
    if (!part.includes('\\')) return part;
    const plain = part.replaceAll('\\n', '\n');
    return hasQuotes ? plain.replaceAll('\\"', '"') : plain;
  };
  // Between two escaped backslashes, a backslash begins another escape.
  return text.split('\\\\').map(unescaped).join('\\');
}

/** The reverse of a quoted string. */
export const quote = (text: string) =>
  `"${text.replace(/["\\\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))}"`;

/** A slice keeps all of the string that it is of; this is one of its own, for what outlives the document. */
export const detachString = (text: string) => Buffer.from(text).toString();

/** Of the document, for an error message. */
export function excerpt(text: string): string {
  const shown = JSON.stringify(text.slice(0, 80));
  return shown.length > 80 || text.length > 80 ? `${shown.slice(0, 78)}…"` : shown;
}
