import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { request as requestTls } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { CERTIFICATE } from '../support/certificate.ts';
import { requestText, send } from '../support/raw-http.ts';

/** Of a service that listens twice. */
export interface Ports {
  readonly plain: number;
  readonly tls: number;
}

/** The body of what came whole; undefined for everything else. */
export type Fetch = (ports: Ports, path: string) => Promise<string | undefined>;

const fetchWith =
  (isTls: boolean, coding: string): Fetch =>
  async ({ plain, tls }, path) => {
    const options = { host: '127.0.0.1', port: isTls ? tls : plain, path, agent: false, ca: CERTIFICATE };
    const sent = (isTls ? requestTls : request)({ ...options, headers: { 'Accept-Encoding': coding } }).end();
    try {
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      if (response.statusCode !== 200) {
        response.resume();
        return undefined;
      }
      return (await buffer(decoded(response))).toString();
    } catch {
      return undefined;
    }
  };

function decoded(response: IncomingMessage): NodeJS.ReadableStream {
  switch (response.headers['content-encoding']) {
    case 'gzip':
      return response.compose(createGunzip());
    case 'br':
      return response.compose(createBrotliDecompress());
    default:
      return response;
  }
}

const fetches: Readonly<Record<string, Fetch>> = {
  'HTTP/1.1, in chunks': fetchWith(false, 'identity'),
  gzip: fetchWith(false, 'gzip'),
  brotli: fetchWith(false, 'br'),
  TLS: fetchWith(true, 'identity'),
  'TLS and gzip': fetchWith(true, 'gzip'),
  'HTTP/1.0': async ({ plain: port }, path) => {
    const server = { address: () => ({ address: '127.0.0.1', family: 'IPv4', port }) };
    const sent = send(server, requestText({ target: path, version: '1.0' }));
    const { status, body, isComplete } = await sent.catch(() => ({ status: 0, body: '', isComplete: false }));
    return status === 200 && isComplete ? body : undefined;
  },
};

/** Every way to fetch each of the two documents. */
export const ways = Object.entries(fetches).flatMap(([how, fetch]) =>
  ['/metrics.json', '/metrics'].map((path) => ({ how, path, fetch })),
);
