import { MetricsError } from '../model/errors.ts';

/** Length (bytes) of the document's excerpt in an error message. */
const MAX_EXCERPT = 40;
const [TAB, LINE_FEED, RETURN, SPACE] = [9, 10, 13, 32];

/** Thrown when the text ends within a token. Reading starts again when there is more text. */
export const NEED_MORE_DATA = new Error('the text ends here');

/**
 * Text of a document that arrives in pieces. It is a byte string, with one character for each byte. Positions are
 * therefore bytes of the document.
 */
export class JsonBuffer {
  protected text = '';
  protected at = 0;
  /** Start of the last token, which errors refer to. */
  protected tokenAt = 0;
  /** Position up to which the text is committed, and is not read again. */
  private start = 0;
  /** Position of the text in the document. */
  private offset: number;

  constructor(offset = 0) {
    this.offset = offset;
  }

  /** Position in the document of the first character that is not committed. */
  get position(): number {
    return this.offset + this.start;
  }

  /** Number of characters that are not committed. */
  get uncommittedLength(): number {
    return this.text.length - this.start;
  }

  append(byteString: string): void {
    this.text = this.text.slice(this.start) + byteString;
    this.offset += this.start;
    this.start = 0;
    this.at = 0;
  }

  /** Commits what was read: `rewind` does not go back before it. */
  commit(): void {
    this.start = this.at;
  }

  rewind(): void {
    this.at = this.start;
    this.tokenAt = this.start;
  }

  /** Whether only whitespace is left. Skips it. */
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

  /** Returns the first character of the next token. */
  peek(): string {
    if (this.isAtEnd()) throw NEED_MORE_DATA;
    this.tokenAt = this.at;
    return this.text.charAt(this.at);
  }

  /** Reads the given text if it comes next and is complete. Returns whether it did. */
  takeText(text: string): boolean {
    const isNext = this.text.startsWith(text, this.at);
    if (isNext) this.at += text.length;
    return isNext;
  }

  /** Returns the current position, for `reset` and `sliceFrom`. */
  mark(): number {
    return this.at;
  }

  /** Returns the position of a mark in the document. */
  positionOf(mark: number): number {
    return this.offset + mark;
  }

  /** Goes back to a mark. */
  reset(mark: number): void {
    this.at = mark;
  }

  /** Returns the text between a mark and the current position. */
  sliceFrom(mark: number): string {
    return this.text.slice(mark, this.at);
  }

  /** Returns the text that was committed since a mark. */
  committedSince(mark: number): string {
    return this.text.slice(mark, this.start);
  }

  /** Returns the error for a document that ends too early. */
  truncated(): MetricsError {
    return this.malformed('expected more data, got the end of the document', this.text.length);
  }

  /** Returns the error for a position, by default that of the last token. Appends what is there. */
  malformed(expected: string, at = this.tokenAt): MetricsError {
    const got = Buffer.from(this.text.slice(at, at + MAX_EXCERPT), 'latin1').toString();
    return new MetricsError(
      'ERR_METRICS_MALFORMED_DOCUMENT',
      `byte ${this.offset + at}: ${expected}${got && `, got ${JSON.stringify(got)}`}`,
    );
  }
}
