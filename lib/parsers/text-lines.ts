import { isUtf8 } from 'node:buffer';
import { MetricsError } from '../model/errors.ts';
import { yieldToEventLoop } from '../util/event-loop.ts';

/** Maximum length (bytes) of a line. */
const MAX_LINE_BYTES = 2 ** 20;
/** Maximum number of bytes that are decoded at once. */
const MAX_PIECE_BYTES = 64 * 1024;

const LINE_FEED = 10;

/**
 * Reads the lines of a document while its bytes arrive. Decodes whole lines, so that no character is split. Buffers
 * one chunk and one incomplete line.
 */
export class TextLines {
  /** Number of the last line that was returned, from 1. */
  number = 0;
  private readonly bytes: AsyncIterator<Uint8Array>;
  private readonly lastLine: string | undefined;
  private chunk: Uint8Array = new Uint8Array(0);
  private partialLine: Uint8Array = new Uint8Array(1024);
  private partialLength = 0;
  private text = '';
  private start = 0;
  private end = 0;
  private isUndecodable = false;

  /** `lastLine` is the only last line that need not end in a line feed. With any other, the document is truncated. */
  constructor(bytes: AsyncIterable<Uint8Array>, lastLine?: string) {
    this.bytes = bytes[Symbol.asyncIterator]();
    this.lastLine = lastLine;
  }

  /** Returns the next decoded line, without its line feed. */
  next(): string | undefined {
    const feed = this.text.indexOf('\n', this.end);
    if (feed === -1) return undefined;
    this.start = this.end;
    this.end = feed + 1;
    this.number++;
    return this.text.slice(this.start, feed);
  }

  /** Makes `next` return the last line again. */
  unread(): void {
    this.end = this.start;
    this.number--;
  }

  /** Waits for more lines after `next` returned undefined. Returns false at the end of the document. */
  async readMore(): Promise<boolean> {
    await yieldToEventLoop();
    while (!this.isUndecodable) {
      if (this.takeLines()) return true;
      if (this.chunk.length > 0) continue;
      const { done, value } = await this.bytes.next();
      if (done) return this.takeLastLine();
      this.chunk = value;
    }
    throw this.malformed('expected UTF-8, got other bytes', this.number + 1);
  }

  async close(): Promise<void> {
    await this.bytes.return?.();
  }

  malformed(reason: string, line = this.number): MetricsError {
    return new MetricsError('ERR_METRICS_MALFORMED_DOCUMENT', `line ${line}: ${reason}`);
  }

  /** Decodes the lines that end in the next piece of the chunk. Returns false when none does. */
  private takeLines(): boolean {
    const piece = this.chunk.subarray(0, MAX_PIECE_BYTES);
    const first = piece.indexOf(LINE_FEED);
    if (this.partialLength + (first === -1 ? piece.length : first) > MAX_LINE_BYTES) {
      throw this.malformed(`expected at most ${MAX_LINE_BYTES} bytes, got more`, this.number + 1);
    }
    const length = first === -1 ? piece.length : piece.lastIndexOf(LINE_FEED) + 1;
    const taken = piece.subarray(0, length);
    this.chunk = this.chunk.subarray(length);
    if (first !== -1 && this.partialLength === 0) return this.decode(taken);
    this.appendPartial(taken);
    return first !== -1 && this.decode(this.takePartial());
  }

  private takeLastLine(): boolean {
    if (this.partialLength === 0) return false;
    const isLast = this.lastLine !== undefined && this.decode(this.takePartial()) && this.text === this.lastLine;
    if (!isLast) throw this.malformed('expected a line feed, got the end of a truncated document', this.number + 1);
    this.text += '\n';
    return true;
  }

  private appendPartial(bytes: Uint8Array): void {
    const length = this.partialLength + bytes.length;
    if (length > this.partialLine.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(this.partialLine.subarray(0, this.partialLength));
      this.partialLine = larger;
    }
    this.partialLine.set(bytes, this.partialLength);
    this.partialLength = length;
  }

  private takePartial(): Uint8Array {
    const partial = this.partialLine.subarray(0, this.partialLength);
    this.partialLength = 0;
    return partial;
  }

  /** Decodes lines. Those before a line that is not UTF-8 are returned before the error is thrown. */
  private decode(bytes: Uint8Array): boolean {
    let valid = bytes;
    if (!isUtf8(bytes)) {
      this.isUndecodable = true;
      valid = bytes.subarray(0, validLength(bytes));
    }
    this.text = Buffer.from(valid.buffer, valid.byteOffset, valid.length).toString();
    this.start = 0;
    this.end = 0;
    return this.text !== '';
  }
}

/** Returns the length (bytes) of the lines before the first one that is not UTF-8. */
function validLength(bytes: Uint8Array): number {
  for (let start = 0; ; ) {
    const end = bytes.indexOf(LINE_FEED, start) + 1;
    if (end === 0 || !isUtf8(bytes.subarray(start, end))) return start;
    start = end;
  }
}
