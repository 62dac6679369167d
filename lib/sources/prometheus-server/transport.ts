import { Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { MetricsError } from '../../model/errors.ts';
import { abortable } from '../../util/abortable.ts';
import { nextEventLoopTurn } from '../../util/event-loop.ts';
import type { TlsOptions } from '../upstream-options.ts';

export interface TransportOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsOptions | undefined;
  readonly maxBytes: number;
  readonly maxConcurrent: number;
}

/** A request below the transport's URL: POST with a form, GET without one. */
export interface Request {
  readonly path: string;
  readonly form?: URLSearchParams;
}

export interface Response {
  readonly status: number;
  /** The `Date` header. */
  readonly date: string | undefined;
  readonly chunks: readonly Uint8Array[];
}

/** Sends requests to one server. @throws {MetricsError}, or the signal's reason */
export type Transport = (request: Request, signal: AbortSignal) => Promise<Response>;

/** Creates the transport. Its agent queues requests beyond `maxConcurrent`; idle connections do not keep the process alive. */
export function createTransport({ url, headers, tls, maxBytes, maxConcurrent }: TransportOptions): Transport {
  const isHttps = url.protocol === 'https:';
  const agentOptions = { keepAlive: true, maxSockets: maxConcurrent };
  const agent = isHttps ? new HttpsAgent({ ...agentOptions, ...tls }) : new Agent(agentOptions);
  const start = isHttps ? requestHttps : requestHttp;
  const base = withoutTrailingSlashes(url.href);

  function send(request: Request, signal: AbortSignal): Promise<IncomingMessage> {
    const { path, form } = request;
    const requestHeaders = {
      'accept-encoding': 'gzip',
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
    };
    const method = form === undefined ? 'GET' : 'POST';
    return new Promise((resolve, reject) => {
      const sent = start(base + path, { method, headers: { ...headers, ...requestHeaders }, agent, signal });
      sent.once('response', resolve);
      // After "101 Switching Protocols", there is neither a response nor an error.
      sent.once('close', () => reject(new Error('the connection was closed')));
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // The server has closed an idle connection while it was reused. Queries have no side effects: send it again.
        if (sent.reusedSocket && error.code === 'ECONNRESET') resolve(send(request, signal));
        else reject(error);
      });
      sent.end(form?.toString());
    });
  }

  async function exchange(request: Request, signal: AbortSignal): Promise<Response> {
    const response = await send(request, signal);
    const { statusCode, headers } = response;
    return { status: statusCode as number, date: headers.date, chunks: await readChunks(response, maxBytes) };
  }

  return async (request, signal) => {
    try {
      // A request in the agent's queue does not react to the signal.
      return await abortable(exchange(request, signal), signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof MetricsError) throw error;
      const { message, code } = error as NodeJS.ErrnoException;
      throw new MetricsError('ERR_METRICS_UPSTREAM_FAILED', `${url.origin}: ${message || code}`, { cause: error });
    }
  };
}

function withoutTrailingSlashes(href: string): string {
  let end = href.length;
  while (href[end - 1] === '/') end--;
  return href.slice(0, end);
}

async function readChunks(response: IncomingMessage, maxBytes: number): Promise<readonly Uint8Array[]> {
  const isGzip = response.headers['content-encoding'] === 'gzip';
  const body = isGzip ? pipeline(response, createGunzip(), () => undefined) : response;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      const text = `expected at most ${maxBytes} bytes, got more; see the option maxBytes`;
      throw new MetricsError('ERR_METRICS_UPSTREAM_TOO_LARGE', text);
    }
    chunks.push(chunk);
  }
  // Several answers may end in the same turn, and each takes time to parse.
  await nextEventLoopTurn();
  return chunks;
}
