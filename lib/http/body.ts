import { type Coding, compress } from './compression.ts';

/** A complete body of a response, in the parts in which it was made. */
export interface Body {
  /** Bytes of all parts. */
  readonly length: number;
  /** Bytes, or byte strings, which Node sends in one write with the headers. */
  readonly parts: readonly (Buffer | string)[];
}

/** Maximum length of byte strings that each client is sent by itself. */
const MAX_STRING_LENGTH = 16 * 1024;

const inBytes = new WeakMap<Body, Body>();

/**
 * Returns a body for one of several clients. A byte string is sent faster, but Node holds a copy of it for each client
 * that reads slowly. All of them share bytes.
 */
export function sharedBody(body: Body): Body {
  if (body.length <= MAX_STRING_LENGTH) return body;
  let shared = inBytes.get(body);
  if (shared === undefined) {
    const parts = body.parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part));
    shared = { length: body.length, parts };
    inBytes.set(body, shared);
  }
  return shared;
}

/**
 * Chunks of a document that were not sent yet, byte strings. They are not concatenated, nor converted to bytes: memory
 * of that size is new to the process each time, which costs several times the copy.
 */
export class DocumentBuffer {
  length = 0;
  private readonly chunks: string[] = [];

  /** Adds a chunk, a byte string. */
  add(chunk: string): void {
    this.length += chunk.length;
    this.chunks.push(chunk);
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
  get parts(): readonly string[] {
    return this.chunks;
  }
}
