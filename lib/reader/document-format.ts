import type { DocumentFormat } from '../model/document-format.ts';
import { MetricsError } from '../model/errors.ts';
import { formatOf } from '../sources/remote/documents.ts';

/** Number of bytes that tell JSON from text. */
const SNIFFED_BYTES = 4096;

/** A series whose name is quoted, as in Prometheus text 1.0.0, also begins with a brace: `{"queue.depth",queue="a"} 3`. */
const QUOTED_NAME = /^\s*\{\s*"(?:[^"\\]|\\.)*"\s*[,}]/;

/** Length of the end that is searched for `# EOF`. */
const END_LENGTH = 10;

const END_OF_OPENMETRICS = /(?:^|\n)# EOF\n?$/;

/** Whether a document that begins so is JSON. */
const beginsAsJson = (text: string): boolean => /^\s*\{/.test(text) && !QUOTED_NAME.test(text);

/** Returns the format of a whole document. */
export const formatOfText = (text: string): DocumentFormat => formatOfEnds(text, text.slice(-END_LENGTH));

/** Returns the format of a whole document, which may be longer than a string can be. */
export const formatOfBytes = (content: Uint8Array): DocumentFormat =>
  formatOfEnds(latin1(content.subarray(0, SNIFFED_BYTES)), latin1(content.subarray(-END_LENGTH)));

function formatOfEnds(beginning: string, end: string): DocumentFormat {
  if (beginsAsJson(beginning)) return 'json';
  return END_OF_OPENMETRICS.test(end) ? 'openmetrics' : 'prometheus';
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** A body, which can be read once, and its format. */
export interface TypedBody {
  readonly format: DocumentFormat;
  readonly body: AsyncIterable<Uint8Array>;
}

/** A body of which it is known whether its end is that of the document. */
export interface OpenedDocument extends TypedBody {
  readonly isComplete: boolean;
  /** Ends the parsing of what is received or in memory. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Determines the format of a response from its Content-Type. Servers of files send JSON as `text/plain` too, which its
 * beginning shows. `alternative` is what else the error advises.
 *
 * @throws {MetricsError} (rejects) `ERR_METRICS_SCRAPE_FAILED` for the Content-Type of something else
 */
export async function formatOfResponse(
  contentType: string,
  body: AsyncIterable<Uint8Array>,
  alternative = '',
): Promise<TypedBody> {
  const format = formatOf(contentType);
  if (format === undefined) {
    const got = contentType || 'no Content-Type';
    throw new MetricsError(
      'ERR_METRICS_SCRAPE_FAILED',
      `expected JSON, Prometheus text or OpenMetrics, got ${got}; write the path of a metrics document, such as /metrics.json${alternative}`,
    );
  }
  if (format !== 'prometheus') return { format, body };
  const chunks = body[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let text = '';
  while (text.length < SNIFFED_BYTES && text.trim() === '') {
    const { done, value } = await chunks.next();
    if (done) break;
    first.push(value);
    text += latin1(value.subarray(0, SNIFFED_BYTES));
  }
  return { format: beginsAsJson(text) ? 'json' : 'prometheus', body: concatenate(first, chunks) };
}

async function* concatenate(
  first: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
