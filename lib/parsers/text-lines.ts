import { isAscii, isUtf8 } from 'node:buffer';
import { MetricsError } from '../model/errors.ts';
import { yieldToEventLoop } from '../util/event-loop.ts';

/** Maximum length (bytes) of a line. */
export const MAX_LINE_BYTES = 2 ** 20;
/** Maximum number of bytes that are decoded at once. */
const MAX_PIECE_BYTES = 64 * 1024;

const LINE_FEED = 10;

/** Creates the error for a line, numbered from 1. */
export const malformedLine = (line: number, reason: string) =>
  new MetricsError('ERR_METRICS_MALFORMED_DOCUMENT', `line ${line}: ${reason}`);

/** Whole lines of the document. */
export interface LinePiece {
  readonly text: string;
  readonly isAscii: boolean;
}

export interface LastLineOptions {
  /** Whether, after the last byte, the last line may lack its line feed. */
  isComplete(): boolean;
}

/**
 * Decodes the bytes of a document as pieces of whole lines while they arrive, so that no character is split. Buffers
 * one chunk and one incomplete line.
 */
export class TextLines {
  /** Number of the last line that was scanned, from 1. The consumer of the pieces counts it. */
  number = 0;
  private readonly bytes: AsyncIterator<Uint8Array>;
  private readonly options: LastLineOptions;
  private chunk: Uint8Array = new Uint8Array(0);
  private partialLine: Uint8Array = new Uint8Array(1024);
  private partialLength = 0;
  private isUndecodable = false;

  constructor(bytes: AsyncIterable<Uint8Array>, options: LastLineOptions) {
    this.bytes = bytes[Symbol.asyncIterator]();
    this.options = options;
  }

  /** Returns the next lines, each with its line feed; undefined at the end of the document. */
  async nextPiece(): Promise<LinePiece | undefined> {
    await yieldToEventLoop();
    while (!this.isUndecodable) {
      const piece = this.takeLines();
      if (piece !== undefined) return piece;
      if (this.isUndecodable || this.chunk.length > 0) continue;
      const { done, value } = await this.bytes.next();
      if (!done) this.chunk = value;
      else if (this.partialLength === 0) return undefined;
      else {
        const piece = this.takeLastLine();
        if (piece !== undefined) return piece;
      }
    }
    throw this.malformed('expected UTF-8, got other bytes', this.number + 1);
  }

  async close(): Promise<void> {
    await this.bytes.return?.();
  }

  malformed(reason: string, line = this.number): MetricsError {
    return malformedLine(line, reason);
  }

  /** Decodes the lines that end in the next part of the chunk. Returns undefined when none does. */
  private takeLines(): LinePiece | undefined {
    const part = this.chunk.subarray(0, MAX_PIECE_BYTES);
    const first = part.indexOf(LINE_FEED);
    if (this.partialLength + (first === -1 ? part.length : first) > MAX_LINE_BYTES) {
      throw this.malformed(`expected at most ${MAX_LINE_BYTES} bytes, got more`, this.number + 1);
    }
    const hasPartial = this.partialLength > 0;
    const length = first === -1 ? part.length : (hasPartial ? first : part.lastIndexOf(LINE_FEED)) + 1;
    const taken = part.subarray(0, length);
    this.chunk = this.chunk.subarray(length);
    if (first !== -1 && !hasPartial) return this.decode(taken);
    this.appendPartial(taken);
    return first === -1 ? undefined : this.decodePartial();
  }

  private takeLastLine(): LinePiece | undefined {
    if (this.options.isComplete()) {
      this.appendPartial(Uint8Array.of(LINE_FEED));
      return this.decodePartial();
    }
    const reason = 'expected a line feed, got the end of a document that may be truncated';
    throw this.malformed(`${reason}: neither a Content-Length nor chunked encoding shows its end`, this.number + 1);
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

  private decodePartial(): LinePiece | undefined {
    const partial = this.partialLine.subarray(0, this.partialLength);
    this.partialLength = 0;
    return this.decode(partial);
  }

  /** Decodes lines, up to the first that is not UTF-8. Returns undefined when there are none. */
  private decode(bytes: Uint8Array): LinePiece | undefined {
    let valid = bytes;
    if (isAscii(bytes)) return { text: bufferOf(bytes).toString('latin1'), isAscii: true };
    if (!isUtf8(bytes)) {
      this.isUndecodable = true;
      valid = bytes.subarray(0, validLength(bytes));
      if (valid.length === 0) return undefined;
    }
    return { text: bufferOf(valid).toString(), isAscii: false };
  }
}

const bufferOf = ({ buffer, byteOffset, length }: Uint8Array) => Buffer.from(buffer, byteOffset, length);

/** Returns the length (bytes) of the lines before the first one that is not UTF-8. */
function validLength(bytes: Uint8Array): number {
  for (let start = 0; ; ) {
    const end = bytes.indexOf(LINE_FEED, start) + 1;
    if (end === 0 || !isUtf8(bytes.subarray(start, end))) return start;
    start = end;
  }
}
