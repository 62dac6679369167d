import { type Coding, compress } from './compression.ts';

/** A complete body of a response, in the parts in which it was made. */
export interface Body {
  /** Bytes of all parts. */
  readonly length: number;
  /** Bytes, or byte strings, which Node sends in one write with the headers. */
  readonly parts: readonly (Buffer | string)[];
}

/** Up to this length a byte string is sent faster than bytes. */
const MAX_STRING_LENGTH = 16 * 1024;

/**
 * Chunks of a document that were not sent yet. They are not concatenated: memory of that size is new to the process
 * each time, which costs more than the copy.
 */
export class DocumentBuffer {
  length = 0;
  private readonly chunks: (Buffer | string)[] = [];

  /** Adds a chunk, a byte string. */
  add(chunk: string): void {
    this.length += chunk.length;
    this.chunks.push(chunk.length <= MAX_STRING_LENGTH ? chunk : Buffer.from(chunk, 'latin1'));
  }

  /** Returns the body, compressed outside the event loop if the coding asks for it. */
  toBody(coding: Coding): Body | Promise<Body> {
    return coding === 'identity' ? { length: this.length, parts: this.chunks } : this.compress(coding);
  }

  private async compress(coding: 'br' | 'gzip'): Promise<Body> {
    const compressed = await compress(this.chunks, coding);
    return { length: compressed.length, parts: [compressed] };
  }

  /** Returns the chunks, for a document that continues. */
  get parts(): readonly (Buffer | string)[] {
    return this.chunks;
  }
}
