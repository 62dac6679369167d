import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { statusText } from '../../util/status-text.ts';
import { addressOf, upstreamError } from './upstream-error.ts';

/** Content codings that are supported, as an `Accept-Encoding` header. */
export const CODINGS = 'gzip, br, deflate';

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  br: createBrotliDecompress,
  deflate: createInflate,
};

/** @throws {MetricsError} `ERR_METRICS_UPSTREAM_FAILED` for any status but 200 */
export function checkStatus({ statusCode = 0, headers: { location } }: IncomingMessage, url: URL): void {
  if (statusCode === 200) return;
  const target = location !== undefined && URL.canParse(location, url.href) ? new URL(location, url.href) : undefined;
  const redirect = target ? `, a redirect to ${addressOf(target)}; redirects are not followed` : '';
  throw upstreamError(url, 'ERR_METRICS_UPSTREAM_FAILED', `it answered ${statusText(statusCode)}${redirect}`);
}

/** Whether the headers of a response show, after the last byte of its body, that none is missing. */
export const isFramed = (hasHeader: (name: string) => boolean): boolean =>
  hasHeader('content-length') || hasHeader('transfer-encoding');

/** Returns the decompressed body. @throws {Error} that `errorFor` creates, for an unknown coding */
export function decodeBody(response: IncomingMessage, errorFor: (reason: string) => Error): AsyncIterable<Uint8Array> {
  const coding = response.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (coding === 'identity') return response;
  if (!Object.hasOwn(DECODERS, coding)) {
    throw errorFor(`expected a Content-Encoding of ${CODINGS}, got ${JSON.stringify(coding.slice(0, 80))}`);
  }
  const decoder = DECODERS[coding as keyof typeof DECODERS]({ chunkSize: 64 * 1024 });
  // A body that is closed before it is read has no reader to report to, and an unhandled error ends the process.
  decoder.on('error', () => undefined);
  return pipeline(response, decoder, () => undefined);
}
