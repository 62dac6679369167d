import type { Server } from 'node:http';
import { connect } from 'node:net';

/** A response as it was sent. */
export interface RawResponse {
  readonly status: number;
  /** The status line and the header lines, in their order. */
  readonly head: readonly string[];
  /** The values of every field of that name (lower case), joined by `, `. */
  header(name: string): string | undefined;
  readonly body: string;
  /** False when the connection ended before the body did. */
  readonly isComplete: boolean;
}

export interface RequestParts {
  method?: string;
  target?: string;
  version?: string;
  /** One `Host` line each. */
  hosts?: readonly string[];
  /** Whole lines, such as `Accept: text/plain`. */
  headers?: readonly string[];
  body?: string;
}

/** Writes a request, whose every byte the test can choose. */
export function requestText({
  method = 'GET',
  target = '/metrics.json',
  version = '1.1',
  hosts = ['127.0.0.1'],
  headers = [],
  body = '',
}: RequestParts = {}): string {
  const lines = [`${method} ${target} HTTP/${version}`, ...hosts.map((host) => `Host: ${host}`), ...headers];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

export interface ConnectionOptions {
  /** The client's address. On Linux, all of 127.0.0.0/8 can be used without setup. */
  from?: string | undefined;
  /** Where to connect, when the server listens on all addresses. */
  to?: string | undefined;
  /** Whether to wait until the server closes the connection, even after the response is complete. */
  untilClosed?: boolean;
}

/** A server, or an object that tells the address like one. */
export type Listener = Pick<Server, 'address'>;

// For a server that does not respond. Tests that pass do not wait for it.
const TIMEOUT_MS = 20_000;

/** Sends bytes (latin1) to a server. Resolves with the response, or with the part before the connection was closed. */
export function send(
  server: Listener,
  bytes: string,
  { from, to, untilClosed = false }: ConnectionOptions = {},
): Promise<RawResponse> {
  const address = server.address();
  if (address === null) return Promise.reject(new Error('the server does not listen'));
  const isHead = bytes.startsWith('HEAD ');
  return new Promise((resolve, reject) => {
    const socket =
      typeof address === 'string'
        ? connect({ path: address })
        : connect({
            port: address.port,
            host: to ?? address.address,
            ...(from !== undefined && { localAddress: from }),
          });
    let received = '';
    let failure: Error | undefined;
    socket.setEncoding('latin1');
    socket.setTimeout(TIMEOUT_MS, () => {
      reject(new Error(`no whole response within ${TIMEOUT_MS} ms`));
      socket.destroy();
    });
    socket.on('data', (text: string) => {
      received += text;
      const response = untilClosed ? undefined : parseResponse(received, isHead);
      if (!response?.isComplete) return;
      resolve(response);
      socket.destroy();
    });
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', () => {
      const response = parseResponse(received, isHead, true);
      if (response === undefined) reject(failure ?? new Error('the server hung up without a response'));
      else resolve(response);
    });
    socket.write(bytes, 'latin1');
  });
}

/** Parses the final response, skipping 1xx; undefined while its head is incomplete. */
function parseResponse(text: string, isHead: boolean, isClosed = false): RawResponse | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const head = text.slice(0, headEnd).split('\r\n');
  const rest = text.slice(headEnd + 4);
  const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(head[0] ?? '')?.[1]);
  if (status < 200) return parseResponse(rest, isHead, isClosed);

  const header = (name: string) => {
    const values = head.filter((line) => line.toLowerCase().startsWith(`${name}:`));
    return values.length === 0 ? undefined : values.map((line) => line.slice(name.length + 1).trim()).join(', ');
  };
  const hasNoBody = isHead || status === 204 || status === 304;
  const { body, isComplete } = hasNoBody ? { body: rest, isComplete: true } : readBody(rest, header, isClosed);
  return { status, head, header, body: Buffer.from(body, 'latin1').toString('utf8'), isComplete };
}

function readBody(rest: string, header: RawResponse['header'], isClosed: boolean) {
  if (header('transfer-encoding') === 'chunked') return readChunks(rest);
  const length = header('content-length');
  if (length === undefined) return { body: rest, isComplete: isClosed };
  return { body: rest, isComplete: rest.length >= Number(length) };
}

function readChunks(rest: string) {
  let body = '';
  let at = 0;
  for (;;) {
    const sizeEnd = rest.indexOf('\r\n', at);
    const size = sizeEnd === -1 ? Number.NaN : Number.parseInt(rest.slice(at, sizeEnd), 16);
    const chunkEnd = sizeEnd + 2 + size;
    if (Number.isNaN(size) || rest.length < chunkEnd + 2) return { body, isComplete: false };
    if (size === 0) return { body, isComplete: true };
    body += rest.slice(sizeEnd + 2, chunkEnd);
    at = chunkEnd + 2;
  }
}
