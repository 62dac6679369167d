import { isUtf8 } from 'node:buffer';
import { MetricsError } from '../model/errors.ts';

/** Maximum depth of nested values. */
export const MAX_DEPTH = 100;

/** Thrown where the text ends before what is being read does: to be read again when there is more of it. */
export const NEED_MORE_DATA = new Error('the text ends here');

/**
 * Reads JSON (RFC 8259) a token at a time from text that comes in pieces. The text is a byte string, a character for
 * each byte: positions are those in the document, and only strings can hold what is not ASCII.
 */
export class JsonTokens {
  private text = '';
  private at = 0;
  /** Where the last token begins: errors are about it. */
  private tokenAt = 0;
  /** What stands before it will not be read again. */
  private start = 0;
  /** Where the text begins in the document. */
  private offset: number;

  constructor(offset = 0) {
    this.offset = offset;
  }

  /** Where in the document the first character is that is not committed. */
  get position(): number {
    return this.offset + this.start;
  }

  /** How many characters are not committed. */
  get uncommittedLength(): number {
    return this.text.length - this.start;
  }

  append(byteString: string): void {
    this.text = this.text.slice(this.start) + byteString;
    this.offset += this.start;
    this.start = 0;
    this.at = 0;
  }

  /** What was read is read for good. */
  commit(): void {
    this.start = this.at;
  }

  rewind(): void {
    this.at = this.start;
    this.tokenAt = this.start;
  }

  /** Is there nothing but whitespace? */
  isAtEnd(): boolean {
    const { text } = this;
    let { at } = this;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code !== SPACE && code !== LINE_FEED && code !== RETURN && code !== TAB) break;
    }
    this.at = at;
    return at === text.length;
  }

  /** The character that the next token begins with. */
  peek(): string {
    if (this.isAtEnd()) throw NEED_MORE_DATA;
    this.tokenAt = this.at;
    return this.text.charAt(this.at);
  }

  /** Takes this text, when it is what comes next and is all there. */
  takeText(text: string): boolean {
    const isNext = this.text.startsWith(text, this.at);
    if (isNext) this.at += text.length;
    return isNext;
  }

  /** The place behind what was taken; and back to it, or what was taken since. */
  mark(): number {
    return this.at;
  }

  reset(mark: number): void {
    this.at = mark;
  }

  sliceFrom(mark: number): string {
    return this.text.slice(mark, this.at);
  }

  /** What was committed since a mark. */
  committedSince(mark: number): string {
    return this.text.slice(mark, this.start);
  }

  /**
   * The text of an object, up to the bracket that closes it. Only strings and brackets are looked at, which is faster
   * than to read it: it may not be JSON all the same.
   */
  objectText(): string {
    const { text } = this;
    const start = this.at;
    let depth = 0;
    for (let at = start; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) at = stringEnd(text, at);
      else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
        if (++depth > MAX_DEPTH) throw this.malformed(`it is nested deeper than ${MAX_DEPTH}`);
      } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
      if (depth > 0) continue;
      this.at = at + 1;
      return text.slice(start, this.at);
    }
    throw NEED_MORE_DATA;
  }

  expect(character: string): void {
    if (this.peek() !== character) throw this.malformed(`expected ${character}`);
    this.at++;
  }

  /** Takes the comma in front of a further member or item, or the bracket behind the last. */
  hasNext(bracket: '}' | ']', isFirst: boolean): boolean {
    const next = this.peek();
    if (next === bracket) {
      this.at++;
      return false;
    }
    if (isFirst) return true;
    if (next !== ',') throw this.malformed(`expected , or ${bracket}`);
    this.at++;
    // Behind whitespace, so that a mark is where the member or the item begins.
    this.peek();
    return true;
  }

  /** A member's name, with the colon: errors are about the name. */
  name(): string {
    const name = this.string();
    const { tokenAt } = this;
    this.expect(':');
    this.tokenAt = tokenAt;
    return name;
  }

  /** The name of an object's next member; undefined behind the last. */
  member(isFirst: boolean): string | undefined {
    return this.hasNext('}', isFirst) ? this.name() : undefined;
  }

  string(): string {
    if (this.peek() !== '"') throw this.malformed('expected a string');
    const { text } = this;
    const start = this.at + 1;
    let hasEscapes = false;
    let isAscii = true;
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        hasEscapes = true;
        at += this.escape(at);
      } else if (code > LAST_ASCII) isAscii = false;
      else if (code < SPACE) throw this.malformed('a string holds a control character', at);
    }
    if (at >= text.length) throw NEED_MORE_DATA;
    this.at = at + 1;
    const raw = text.slice(start, at);
    if (isAscii && !hasEscapes) return raw;
    return this.decode(raw);
  }

  /** How many characters follow the backslash. */
  private escape(at: number): number {
    const kind = this.text.charAt(at + 1);
    if (kind !== 'u') {
      // Behind the end, `kind` is empty, and so a part of it.
      if ('"\\/bfnrt'.includes(kind)) return 1;
      throw this.malformed('a string holds an invalid escape', at);
    }
    const digits = this.text.slice(at + 2, at + 6);
    if (!/^[0-9a-f]*$/i.test(digits)) throw this.malformed('a string holds an invalid escape', at);
    return 5;
  }

  private decode(raw: string): string {
    const bytes = Buffer.from(raw, 'latin1');
    if (!isUtf8(bytes)) throw this.malformed('a string is not UTF-8');
    // Its escapes were checked.
    return JSON.parse(`"${bytes}"`);
  }

  number(): number {
    this.peek();
    const { text } = this;
    let { at } = this;
    while (at < text.length && NUMBER_CHARACTERS.includes(text.charAt(at))) at++;
    if (at === text.length) throw NEED_MORE_DATA;
    const raw = text.slice(this.at, at);
    if (!NUMBER.test(raw)) throw this.malformed('expected a number');
    const value = Number(raw);
    // Beyond a double, it would be read as infinite.
    if (!Number.isFinite(value)) throw this.malformed('expected a number that a double can hold');
    this.at = at;
    return value;
  }

  word(): null | boolean {
    const words = { n: 'null', t: 'true', f: 'false' };
    const word = words[this.peek() as keyof typeof words] ?? '';
    const found = this.text.slice(this.at, this.at + word.length);
    if (found.length < word.length && word.startsWith(found)) throw NEED_MORE_DATA;
    if (word === '' || found !== word) throw this.malformed('expected a value');
    this.at += word.length;
    return JSON.parse(word);
  }

  /** For a document that goes no further. */
  truncated(): MetricsError {
    return this.malformed('the document ends too early', this.text.length);
  }

  /** At the last token, unless something else is said. */
  malformed(reason: string, at = this.tokenAt): MetricsError {
    const found = Buffer.from(this.text.slice(at, at + MAX_EXCERPT), 'latin1').toString();
    return new MetricsError(
      'ERR_METRICS_MALFORMED_DOCUMENT',
      `byte ${this.offset + at}: ${reason}${found && `, found ${JSON.stringify(found)}`}`,
    );
  }
}

/** The quote at the end of the string that begins here. */
function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  if (end === -1) throw NEED_MORE_DATA;
  return end;
}

function isEscaped(text: string, position: number): boolean {
  let first = position;
  while (text.charCodeAt(first - 1) === BACKSLASH) first--;
  return (position - first) % 2 === 1;
}

const MAX_EXCERPT = 40;
const NUMBER_CHARACTERS = '0123456789.-+eE';
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/;
const [TAB, LINE_FEED, RETURN, SPACE, QUOTE, BACKSLASH, LAST_ASCII] = [9, 10, 13, 32, 34, 92, 127];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [91, 93, 123, 125];
