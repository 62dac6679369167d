import { detachString } from './text-cursor.ts';

/**
 * Whole lines of the document. ASCII stays in the bytes that were received: many long strings that wait in the buffer
 * would make garbage collection slow.
 */
export class LinePiece {
  /** Number of characters. */
  readonly length: number;
  private readonly content: string | Buffer;

  constructor(content: string | Buffer) {
    this.length = content.length;
    this.content = content;
  }

  /** Bytes or characters that the piece keeps in memory: of bytes, all that were received with them. */
  get heldSize(): number {
    const { content } = this;
    return typeof content === 'string' ? content.length : content.buffer.byteLength;
  }

  /** Returns a piece that keeps only a part of this one in memory. */
  copy(start: number, end: number): LinePiece {
    return new LinePiece(detachString(this.read(start, end)));
  }

  /** Returns the line that begins at a position, without its line feed. */
  readLine(start: number): string {
    return this.read(start, this.content.indexOf('\n', start));
  }

  read(start: number, end: number): string {
    const { content } = this;
    return typeof content === 'string' ? content.slice(start, end) : content.toString('latin1', start, end);
  }
}
