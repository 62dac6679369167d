import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { type MetricsRouterOptions, type Middleware, metricsRouter, type ScrapeFailure } from '../../lib/index.ts';
import { closeHttp2Servers, listenHttp2, portOf } from './http2.ts';

const sessions = new Set<ClientHttp2Session>();

/** Closes all servers and sessions opened here. */
export async function closeHttp2(): Promise<void> {
  for (const session of sessions) session.destroy();
  sessions.clear();
  await closeHttp2Servers();
}

export interface Http2Service {
  readonly port: number;
  /** Arguments of `onError` so far. */
  readonly failures: ScrapeFailure[];
  get(path: string, headers?: Record<string, string>): Promise<Http2Result>;
}

/** Serves a metrics router with `node:http2`, behind middleware but without an app. */
export async function serveHttp2(
  options: MetricsRouterOptions,
  front: Middleware = (_req, _res, next) => next(),
): Promise<Http2Service> {
  const failures: ScrapeFailure[] = [];
  const router = metricsRouter({ onError: (failure) => failures.push(failure), ...options });
  const port = portOf(await listenHttp2((req, res, next) => front(req, res, () => router(req, res, next))));
  return { port, failures, get: (path, headers) => readHttp2Response(openHttp2(port, path, headers)) };
}

export interface Http2Result {
  readonly status: number | undefined;
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
  /** Code of RST_STREAM; 0 when the stream ended normally. */
  readonly code: number;
}

/** Sends a request on a new connection, without reading the response. */
export function openHttp2(port: number, path: string, headers: Record<string, string> = {}): ClientHttp2Stream {
  const session = connect(`http://127.0.0.1:${port}`);
  sessions.add(session);
  // A request may end with a reset of its connection.
  session.on('error', () => undefined);
  const stream = session.request({ ':path': path, ...headers });
  stream.on('error', () => undefined);
  stream.once('close', () => session.close());
  return stream;
}

/** Reads the response until the stream is closed. */
export async function readHttp2Response(stream: ClientHttp2Stream): Promise<Http2Result> {
  let headers: Record<string, unknown> = {};
  const chunks: Buffer[] = [];
  stream.on('response', (received) => {
    headers = received;
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (!stream.destroyed) await new Promise((resolve) => stream.once('close', resolve));
  const status = headers[':status'] as number | undefined;
  return { status, headers, body: Buffer.concat(chunks), code: stream.rstCode };
}
