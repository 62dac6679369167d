import { MetricsError } from '../../lib/model/errors.ts';
import type { Parse } from '../../lib/model/parser.ts';
import { type Collected, collectAll } from './collect.ts';

/** Yields a document's bytes in chunks that end at these positions. */
export async function* bytesOf(document: string | Uint8Array, ...ends: number[]): AsyncGenerator<Uint8Array, void> {
  const bytes = Buffer.from(document);
  let start = 0;
  for (const end of [...ends, bytes.length]) {
    yield bytes.subarray(start, end);
    start = end;
  }
}

/** Yields a document's bytes one by one. */
export const singleBytes = (document: string | Uint8Array) =>
  bytesOf(document, ...Array.from({ length: Buffer.from(document).length }, (_, i) => i));

/** Returns the families of a document, or the message of the error that ended them. */
export async function readDocument(
  parse: Parse,
  bytes: AsyncIterable<Uint8Array>,
): Promise<Collected['families'] | string> {
  try {
    return (await collectAll({ collect: () => parse(bytes) })).families;
  } catch (error) {
    if (error instanceof MetricsError && error.code === 'ERR_METRICS_MALFORMED_DOCUMENT') return error.message;
    throw error;
  }
}
