import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { MetricsError } from '../../model/errors.ts';
import { Deadline } from '../../util/deadline.ts';
import type { TlsOptions } from '../upstream-options.ts';
import { connectionReason } from './connection-reason.ts';
import { prefixError, upstreamError } from './upstream-error.ts';
import { checkStatus, decodeBody, isFramed } from './upstream-response.ts';

export interface UpstreamRequestOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsOptions | undefined;
  /** Maximum time (ms) of waiting for the upstream and parsing. */
  readonly timeout: number;
  /** Maximum size (bytes) of the body, decompressed. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/**
 * One request to the upstream on a separate connection, and its response. Each error is a `MetricsError` that begins
 * with the upstream's address, without its query, or the signal's reason.
 */
export class UpstreamRequest {
  /** Decompressed body. Nothing is read ahead of the consumer. Pass what is parsed from it to `timed()`. */
  readonly body: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => this.read() };
  private readonly options: UpstreamRequestOptions;
  private readonly request: ClientRequest;
  private readonly responded: Promise<IncomingMessage>;
  private readonly deadline: Deadline;
  private readonly onAbort = () => this.fail(this.options.signal.reason);
  private response: IncomingMessage | undefined;
  private failure: unknown;
  private bytes = 0;

  /** Sends the request. */
  constructor(options: UpstreamRequestOptions) {
    this.options = options;
    const { url, headers, tls, timeout, signal } = options;
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(url, { ...tls, headers, agent: false });
    this.request = request;
    const onExpired = () => this.fail(timeoutError(url, timeout));
    this.deadline = new Deadline(timeout, onExpired, { countsWork: true });
    signal.addEventListener('abort', this.onAbort, { once: true });
    this.responded = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.on('error', reject);
      request.once('close', () => reject(new Error('the connection was closed')));
    });
    request.end();
    if (signal.aborted) this.onAbort();
  }

  /** Number of decompressed bytes read so far. */
  get size(): number {
    return this.bytes;
  }

  /** Whether the framing of the response shows, after its last byte, that none is missing. */
  get isFramed(): boolean {
    return isFramed((name) => this.response?.headers[name] !== undefined);
  }

  /** Time (ms) spent so far on waiting for the upstream and parsing. */
  get waited(): number {
    return this.deadline.waited;
  }

  /** Resolves with the response's Content-Type. @throws {MetricsError} when the response is not a document */
  async start(): Promise<string> {
    try {
      this.response = await this.deadline.wait(this.responded);
      // The iterator of the body reports the error.
      this.response.on('error', () => undefined);
      checkStatus(this.response, this.options.url);
      return this.response.headers['content-type'] ?? '';
    } catch (error) {
      throw this.wrapError(error);
    }
  }

  /**
   * Yields the same items, which are parsed from the body. The wait for each counts against the timeout, including the
   * work in it. A generator would take as long as a small family.
   *
   * @throws when time is up
   */
  timed<T>(items: AsyncIterable<T>): AsyncIterable<T> {
    return {
      [Symbol.asyncIterator]: () => {
        const iterator = this.deadline.timed(items)[Symbol.asyncIterator]();
        return {
          next: () => this.nextOf(iterator),
          return: async (value) => (await iterator.return?.(value)) ?? { done: true, value },
        };
      },
    };
  }

  close(): void {
    this.deadline.clear();
    this.options.signal.removeEventListener('abort', this.onAbort);
    this.request.destroy();
  }

  private fail(error: unknown): void {
    this.failure ??= error;
    this.request.destroy();
  }

  private async nextOf<T>(iterator: AsyncIterator<T>): Promise<IteratorResult<T>> {
    let result: IteratorResult<T>;
    try {
      result = await iterator.next();
    } catch (error) {
      throw prefixError(error, this.options.url);
    }
    if (this.failure === undefined) return result;
    await iterator.return?.();
    throw this.failure;
  }

  private async *read(): AsyncGenerator<Uint8Array, void> {
    const { url, maxBytes } = this.options;
    const invalid = (reason: string) => upstreamError(url, 'ERR_METRICS_UPSTREAM_INVALID', reason);
    try {
      for await (const chunk of decodeBody(this.response as IncomingMessage, invalid)) {
        // Chunks that were received before the failure can still be read.
        if (this.failure !== undefined) throw this.failure;
        this.bytes += chunk.length;
        if (this.bytes > maxBytes) {
          const reason = `expected at most ${maxBytes} bytes, got more; see the option maxBytes`;
          throw upstreamError(url, 'ERR_METRICS_UPSTREAM_TOO_LARGE', reason);
        }
        yield chunk;
      }
    } catch (error) {
      throw this.wrapError(error);
    }
  }

  private wrapError(error: unknown): unknown {
    if (this.failure !== undefined || error instanceof MetricsError) return this.failure ?? error;
    const reason = connectionReason(error as NodeJS.ErrnoException, ', or the option tls');
    return upstreamError(this.options.url, 'ERR_METRICS_UPSTREAM_FAILED', reason, error);
  }
}

function timeoutError(url: URL, timeout: number): MetricsError {
  const reason = `no answer within ${Math.round(timeout)} ms; see the option timeout`;
  return upstreamError(url, 'ERR_METRICS_UPSTREAM_TIMEOUT', reason);
}
