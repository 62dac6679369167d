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

  read(start: number, end: number): string {
    const { content } = this;
    return typeof content === 'string' ? content.slice(start, end) : content.toString('latin1', start, end);
  }
}
