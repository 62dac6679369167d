import { isUtf8 } from 'node:buffer';
import { JsonBuffer, NEED_MORE_DATA } from './json-buffer.ts';
import { quoteEnd } from './text-cursor.ts';

/** Maximum depth of nested values. */
export const MAX_DEPTH = 100;

const NUMBER_CHARACTERS = '0123456789.-+eE';
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/;
const [SPACE, QUOTE, BACKSLASH, LAST_ASCII] = [32, 34, 92, 127];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [91, 93, 123, 125];

/** Reads JSON (RFC 8259) by tokens. Only strings can contain other characters than ASCII. */
export class JsonTokens extends JsonBuffer {
  /**
   * Returns the text of an object, up to its closing bracket. Checks only strings and brackets, which is faster than
   * parsing: the text may be invalid JSON.
   */
  objectText(): string {
    const { text } = this;
    const start = this.at;
    let depth = 0;
    for (let at = start; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        at = quoteEnd(text, at + 1);
        if (at === -1) throw NEED_MORE_DATA;
      } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
        if (++depth > MAX_DEPTH) throw this.malformed(`expected at most ${MAX_DEPTH} levels of nesting`);
      } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
      if (depth > 0) continue;
      this.at = at + 1;
      return text.slice(start, this.at);
    }
    throw NEED_MORE_DATA;
  }

  /** Reads up to the next token. @throws if it does not begin with this character */
  expectNext(character: string): void {
    if (this.peek() !== character) throw this.malformed(`expected ${character}`);
  }

  expect(character: string): void {
    this.expectNext(character);
    this.at++;
  }

  /** Reads the comma before a further member or item, or the bracket after the last. Returns whether one follows. */
  hasNext(bracket: '}' | ']', isFirst: boolean): boolean {
    const next = this.peek();
    if (next === bracket) {
      this.at++;
      return false;
    }
    if (isFirst) return true;
    if (next !== ',') throw this.malformed(`expected , or ${bracket}`);
    this.at++;
    // Skips whitespace, so that a mark is at the start of the member or item.
    this.peek();
    return true;
  }

  /** Reads a member's name and the colon. Errors refer to the name. */
  name(): string {
    const name = this.string();
    const { tokenAt } = this;
    this.expect(':');
    this.tokenAt = tokenAt;
    return name;
  }

  /** Returns the name of an object's next member; undefined after the last. */
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
      else if (code < SPACE) throw this.malformed('expected an escape instead of a control character', at);
    }
    if (at >= text.length) throw NEED_MORE_DATA;
    this.at = at + 1;
    const raw = text.slice(start, at);
    if (isAscii && !hasEscapes) return raw;
    return this.decode(raw);
  }

  /** Returns the number of characters after the backslash. */
  private escape(at: number): number {
    const kind = this.text.charAt(at + 1);
    if (kind !== 'u') {
      // At the end of the text `kind` is empty, which is included: more data may follow.
      if ('"\\/bfnrt'.includes(kind)) return 1;
      throw this.malformed('expected a valid escape', at);
    }
    const digits = this.text.slice(at + 2, at + 6);
    if (!/^[0-9a-f]*$/i.test(digits)) throw this.malformed('expected a valid escape', at);
    return 5;
  }

  private decode(raw: string): string {
    const bytes = Buffer.from(raw, 'latin1');
    if (!isUtf8(bytes)) throw this.malformed('expected UTF-8');
    // The escapes were checked by `string()`.
    return JSON.parse(`"${bytes}"`);
  }

  number(): number {
    const start = this.at;
    const value = Number(this.numberText());
    // A number beyond the range of a double would become infinite.
    if (Number.isFinite(value)) return value;
    this.at = start;
    throw this.malformed('expected a number within the range of a double');
  }

  /** Reads a number of any size. */
  numberText(): string {
    this.peek();
    const { text } = this;
    let { at } = this;
    while (at < text.length && NUMBER_CHARACTERS.includes(text.charAt(at))) at++;
    if (at === text.length) throw NEED_MORE_DATA;
    const raw = text.slice(this.at, at);
    if (!NUMBER.test(raw)) throw this.malformed('expected a number');
    this.at = at;
    return raw;
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
}
