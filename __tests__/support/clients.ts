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

// For a machine that is busy: nothing waits for these to pass.
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

/** Serves on a port of loopback until the test is over. */
export async function portOf(app: RequestListener): Promise<number> {
  return ((await listen(app)).address() as AddressInfo).port;
}

export interface Service {
  readonly server: Server;
  readonly port: number;
  /** What `onError` was told. */
  readonly failures: ScrapeFailure[];
  /** What `onDecision` was told. */
  readonly decisions: AccessDecision[];
  get(path: string, headers?: OutgoingHttpHeaders): Promise<HttpResponse>;
}

/** An app with a metrics router. */
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

/** How many connections are open. */
export const connections = (server: Server) => promisify(server.getConnections.bind(server))();

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As it was sent. */
  readonly body: Buffer;
  /** Without its content coding. */
  readonly text: string;
}

/** One request on a connection of its own. Rejects when the connection is destroyed before the answer is complete. */
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

/** The text of a body, without its content coding. */
export const decode = (body: Buffer, coding = 'identity'): string => decoders[coding](body).toString();

/** A client that reads only when it is told to. */
export interface RawClient {
  readonly socket: Socket;
  /** Everything that was read, a character for each byte. */
  received(): string;
  read(): void;
  /** Resolves when the connection is closed. Nothing is heard of that before the client reads. */
  readonly closed: Promise<void>;
}

export function connectRaw(port: number, text: string): RawClient {
  const socket = connect(port, '127.0.0.1');
  sockets.add(socket);
  let received = '';
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1');
  });
  // A reset is one of the ways in which a connection ends.
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

/** What a chunked body ends with, and a cut one does not. */
export const TERMINATOR = /\r\n0\r\n\r\n$/;

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits by condition. */
export async function until(condition: () => unknown, timeout = TIMEOUT_MS): Promise<void> {
  const deadline = performance.now() + timeout;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for: ${condition}`);
    await sleep(5);
  }
}

/** Waits until the number has not changed for a while. */
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
