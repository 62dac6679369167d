import { type IncomingMessage, request as requestHttp, STATUS_CODES } from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { MetricsError, type MetricsErrorCode } from '../../model/errors.ts';
import { createDeadline } from '../../util/deadline.ts';
import type { TlsOptions } from '../upstream-options.ts';

export interface UpstreamRequestOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsOptions | undefined;
  /** ms */
  readonly timeout: number;
  /** Maximum size of the body, decompressed. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** One request to the upstream on a separate connection, and its response. */
export interface UpstreamRequest {
  /** Resolves with the response's Content-Type. @throws {MetricsError} when the response is not a document */
  start(): Promise<string>;
  /** Decompressed body. Nothing is read ahead of the consumer. Pass what is parsed from it to `timed()`. */
  readonly body: AsyncIterable<Uint8Array>;
  /**
   * The same items, parsed from the body: the wait for each counts, with all the work in it. Errors say which upstream
   * they are about. @throws when time is up
   */
  timed<T>(items: AsyncIterable<T>): AsyncIterable<T>;
  /** Number of decompressed bytes read so far. */
  readonly size: number;
  /** Time (ms) spent so far on waiting for the upstream and parsing. */
  readonly waited: number;
  close(): void;
}

/**
 * Sends the request. All that is thrown later is a `MetricsError` that begins with the upstream's address, without
 * its query, or the signal's reason.
 */
export function startRequest(options: UpstreamRequestOptions): UpstreamRequest {
  const { url, headers, tls, timeout, maxBytes, signal } = options;
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const sent = send(url, { ...tls, headers, agent: false });
  let failure: unknown;
  let response: IncomingMessage | undefined;
  let size = 0;

  const fail = (error: unknown) => {
    failure ??= error;
    sent.destroy();
  };
  const abort = () => fail(signal.reason);
  const expire = () => {
    fail(
      upstreamError(
        url,
        'ERR_METRICS_UPSTREAM_TIMEOUT',
        `no answer within ${Math.round(timeout)} ms; see the option timeout`,
      ),
    );
  };
  const deadline = createDeadline(timeout, expire, { countsWork: true });
  signal.addEventListener('abort', abort, { once: true });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve);
    sent.on('error', reject);
    sent.once('close', () => reject(new Error('the connection was closed')));
  });
  sent.end();
  if (signal.aborted) abort();

  const wrapError = (error: unknown) => {
    if (failure !== undefined || error instanceof MetricsError) return failure ?? error;
    const { message, code } = error as NodeJS.ErrnoException;
    // An AggregateError for several addresses has no message.
    return upstreamError(url, 'ERR_METRICS_UPSTREAM_FAILED', message || String(code), error);
  };

  // What was received before the connection was closed is still there to be read.
  const throwIfFailed = () => {
    if (failure !== undefined) throw failure;
  };

  // A generator would take as long as a small family.
  const timed = <T>(items: AsyncIterable<T>): AsyncIterable<T> => ({
    [Symbol.asyncIterator]() {
      const iterator = deadline.timed(items)[Symbol.asyncIterator]();
      return {
        async next() {
          let result: IteratorResult<T>;
          try {
            result = await iterator.next();
          } catch (error) {
            throw prefixError(error, url);
          }
          if (failure === undefined) return result;
          await iterator.return?.();
          throw failure;
        },
        return: async (value) => (await iterator.return?.(value)) ?? { done: true, value },
      };
    },
  });

  async function* read(): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const chunk of decoded(response as IncomingMessage, url)) {
        throwIfFailed();
        size += chunk.length;
        if (size > maxBytes) {
          throw upstreamError(
            url,
            'ERR_METRICS_UPSTREAM_TOO_LARGE',
            `more than ${maxBytes} bytes; see the option maxBytes`,
          );
        }
        yield chunk;
      }
    } catch (error) {
      throw wrapError(error);
    }
  }

  return {
    async start() {
      try {
        response = await deadline.wait(answered);
        // The iterator of the body reports the error.
        response.on('error', () => undefined);
        checkStatus(response, url);
        return response.headers['content-type'] ?? '';
      } catch (error) {
        throw wrapError(error);
      }
    },
    body: { [Symbol.asyncIterator]: read },
    timed,
    get size() {
      return size;
    },
    get waited() {
      return deadline.waited;
    },
    close() {
      deadline.clear();
      signal.removeEventListener('abort', abort);
      sent.destroy();
    },
  };
}

/** Returns the upstream's address without the parts that may be secret. */
const addressOf = ({ origin, pathname }: URL) => origin + pathname;

export function upstreamError(url: URL, code: MetricsErrorCode, reason: string, cause?: unknown): MetricsError {
  return new MetricsError(code, `${addressOf(url)}: ${reason}`, cause === undefined ? {} : { cause });
}

/** Prefixes a parser's error with the upstream's address. */
function prefixError(error: unknown, url: URL): unknown {
  if (!(error instanceof MetricsError) || error.message.startsWith(addressOf(url))) return error;
  return new MetricsError(error.code, `${addressOf(url)}: ${error.message}`, { cause: error });
}

function checkStatus({ statusCode = 0, headers: { location } }: IncomingMessage, url: URL): void {
  if (statusCode === 200) return;
  const target = location !== undefined && URL.canParse(location, url.href) ? new URL(location, url.href) : undefined;
  const redirect = target ? `, a redirect to ${addressOf(target)}; redirects are not followed` : '';
  const answer = `it answered ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trimEnd();
  throw upstreamError(url, 'ERR_METRICS_UPSTREAM_FAILED', answer + redirect);
}

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  br: createBrotliDecompress,
  deflate: createInflate,
};

export const CODINGS = 'gzip, br, deflate';

function decoded(response: IncomingMessage, url: URL): AsyncIterable<Uint8Array> {
  const coding = response.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (coding === 'identity') return response;
  if (!Object.hasOwn(DECODERS, coding)) {
    throw upstreamError(url, 'ERR_METRICS_UPSTREAM_INVALID', `its Content-Encoding is none of ${CODINGS}`);
  }
  const decoder = DECODERS[coding as keyof typeof DECODERS]({ chunkSize: 64 * 1024 });
  return pipeline(response, decoder, () => undefined);
}
