import { once } from 'node:events';
import {
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type RequestListener,
  request,
  type Server,
} from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import express from 'express';
import { type AccessDecision, type MetricsRouterOptions, metricsRouter, type ScrapeFailure } from '../../lib/index.ts';
import { closeServers, listen, watchWarnings } from './serve.ts';

// Long, for busy machines. Tests that pass do not wait for it.
const TIMEOUT_MS = 15_000;
jest.setTimeout(2 * TIMEOUT_MS);

const sockets = new Set<Socket>();

beforeEach(() => {
  watchWarnings();
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await closeServers();
  jest.restoreAllMocks();
});

/** Serves the app on a loopback port until the end of the test; returns the port. */
export async function portOf(app: RequestListener): Promise<number> {
  return ((await listen(app)).address() as AddressInfo).port;
}

export interface Service {
  readonly server: Server;
  readonly port: number;
  /** Arguments of `onError` so far. */
  readonly failures: ScrapeFailure[];
  /** Arguments of `onDecision` so far. */
  readonly decisions: AccessDecision[];
  get(path: string, headers?: OutgoingHttpHeaders): Promise<HttpResponse>;
}

/** Serves an app with a metrics router until the end of the test. */
export async function serve(options: MetricsRouterOptions, app = express()): Promise<Service> {
  const failures: ScrapeFailure[] = [];
  const decisions: AccessDecision[] = [];
  app.disable('x-powered-by');
  app.use(
    metricsRouter({
      onError: (failure) => failures.push(failure),
      onDecision: (decision) => decisions.push(decision),
      ...options,
    }),
  );
  const server = await listen(app);
  const { port } = server.address() as AddressInfo;
  return { server, port, failures, decisions, get: (path, headers) => requestPath(port, path, { headers }) };
}

/** Returns the number of open connections. */
export const connections = (server: Server) => promisify(server.getConnections.bind(server))();

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Body as it was sent. */
  readonly body: Buffer;
  /** Body without its content coding. */
  readonly text: string;
}

/** Sends a request on a new connection. Rejects if the connection is destroyed before the response is complete. */
export async function requestPath(
  port: number,
  path: string,
  { method = 'GET', headers = {} }: { method?: string | undefined; headers?: OutgoingHttpHeaders | undefined } = {},
): Promise<HttpResponse> {
  const sent = request({ port, path, method, headers, agent: false }).end();
  const [answer] = await once(sent, 'response');
  const body = await buffer(answer);
  const text = method === 'HEAD' ? '' : decode(body, answer.headers['content-encoding']);
  return { status: answer.statusCode, headers: answer.headers, body, text };
}

// biome-ignore lint/suspicious/noExplicitAny: indexed with what the server sent
const decoders: any = {
  identity: (body: Buffer) => body,
  gzip: (body: Buffer) => gunzipSync(body),
  br: (body: Buffer) => brotliDecompressSync(body),
  deflate: (body: Buffer) => inflateSync(body),
};

/** Removes the content coding of a body. */
export const decode = (body: Buffer, coding = 'identity'): string => decoders[coding](body).toString();

/** A client that does not read until `read()` is called. */
export interface RawClient {
  readonly socket: Socket;
  /** Returns all bytes that were read, as latin1. */
  received(): string;
  read(): void;
  /** Resolves when the connection is closed, which is not noticed before the client reads. */
  readonly closed: Promise<void>;
}

export function connectRaw(port: number, text: string): RawClient {
  const socket = connect(port, '127.0.0.1');
  sockets.add(socket);
  let received = '';
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1');
  });
  // A connection may end with a reset.
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(text);
  return {
    socket,
    received: () => received,
    read: () => void socket.resume(),
    closed: new Promise((resolve) => socket.once('close', () => resolve())),
  };
}

/** End of a complete chunked body; a cut one lacks it. */
export const TERMINATOR = /\r\n0\r\n\r\n$/;

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits until the condition holds. @throws after the timeout */
export async function until(condition: () => unknown, timeout = TIMEOUT_MS): Promise<void> {
  const deadline = performance.now() + timeout;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`timed out waiting for: ${condition}`);
    await sleep(5);
  }
}

/** Waits until a number stops changing, and returns it. */
export async function settledValue(number: () => number, timeout = TIMEOUT_MS): Promise<number> {
  let last = Number.NaN;
  let times = 0;
  await until(() => {
    times = number() === last ? times + 1 : 0;
    last = number();
    return times === 20;
  }, timeout);
  return last;
}
