import * as http from 'node:http';
import * as https from 'node:https';
import { MetricsError } from '../model/errors.ts';
import { connectionReason } from '../sources/remote/connection-reason.ts';
import { ACCEPT } from '../sources/remote/documents.ts';
import { addressOf } from '../sources/remote/upstream-error.ts';
import { CODINGS, decodeBody, isFramed } from '../sources/remote/upstream-response.ts';
import { abortError } from './abort-error.ts';

/** The part of a response that is read here. */
export interface HttpResponse {
  readonly status: number;
  readonly contentType: string;
  /** Decompressed body, which can be read once. Leaving it early closes the connection. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Whether its length or its chunks show that the body is complete. */
  readonly isFramed: boolean;
  /** Where a redirect leads to, without the parts that may be secret. */
  readonly redirectTarget: string | undefined;
  /** Closes the connection of a body that is not read. */
  close(): void;
}

export interface RequestOptions {
  readonly headers?: http.OutgoingHttpHeaders | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends a GET request on a separate connection. Redirects are not followed. It does not use `fetch()`, which test
 * environments may lack or mock. User info of the URL is sent as Basic credentials.
 *
 * @throws {MetricsError} (rejects) `ERR_METRICS_SCRAPE_FAILED` when there is no response
 */
export async function requestUrl(url: URL, { headers, signal }: RequestOptions): Promise<HttpResponse> {
  const { request } = url.protocol === 'https:' ? https : http;
  const defaults = { accept: ACCEPT.auto, 'accept-encoding': CODINGS };
  const sent = request(url, { headers: { ...defaults, ...headers }, agent: false, signal }).end();
  const close = () => void sent.destroy();
  try {
    const response = await responseTo(sent);
    const { statusCode = 0, headers: received } = response;
    return {
      status: statusCode,
      contentType: received['content-type'] ?? '',
      body: readBody(response, signal),
      isFramed: isFramed((name) => received[name] !== undefined),
      redirectTarget: redirectTargetOf(received.location, url.href),
      close,
    };
  } catch (error) {
    close();
    throw signal?.aborted ? abortError(signal) : connectionError(error);
  }
}

function responseTo(sent: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    // A reset in the middle of the body is also an error of the request; reading the body reports it.
    sent.on('error', reject);
    // Node closes the connection after "101 Switching Protocols", which is neither a response nor an error to it.
    sent.once('close', () => reject(new Error('it was closed without a response, or after 101 Switching Protocols')));
  });
}

/** Returns the absolute address of a `Location` header. */
export const redirectTargetOf = (location: string | null | undefined, base: string): string | undefined =>
  location && URL.canParse(location, base) ? addressOf(new URL(location, base)) : undefined;

const failed = (reason: string, options?: ErrorOptions) =>
  new MetricsError('ERR_METRICS_SCRAPE_FAILED', reason, options);

async function* readBody(
  response: http.IncomingMessage,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* decodeBody(response, failed);
  } catch (error) {
    // The error of a response that was aborted does not have the reason: it is a reset.
    throw signal?.aborted ? abortError(signal) : connectionError(error);
  }
}

/** Codes of the errors of zlib and of its Brotli. */
const DECOMPRESSION_CODE = /^(?:Z_|ERR_(?:BROTLI|_ERROR_FORMAT))/;

function connectionError(error: unknown): unknown {
  if (error instanceof MetricsError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (DECOMPRESSION_CODE.test(code)) return failed(`the body cannot be decompressed: ${message}`, { cause: error });
  const reason = connectionReason(error as NodeJS.ErrnoException);
  return failed(`the connection failed: ${reason}${code === 'ECONNRESET' ? resetHint(message) : ''}`, { cause: error });
}

/** Explains a reset. Node calls one before a response "socket hang up". */
const resetHint = (message: string): string =>
  message === 'socket hang up'
    ? ' before a response; a server that expects https:// does that'
    : '; a source that fails after the first byte does that, see onError';
