import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect, constants } from 'node:http2';
import { request as requestTls } from 'node:https';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { abortable } from '../../../lib/util/abortable.ts';
import { CERTIFICATE } from '../../support/certificate.ts';
import { requestText, send } from '../../support/raw-http.ts';

/** Where a service listens: over HTTP/1 without and with TLS, and over HTTP/2 without. */
export interface Ports {
  readonly plain: number;
  readonly tls: number;
  readonly h2: number;
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
      return (await buffer(decoded(response, response.headers['content-encoding']))).toString();
    } catch {
      return undefined;
    }
  };

const fetchHttp2 =
  (coding: string): Fetch =>
  async ({ h2 }, path) => {
    const session = connect(`http://127.0.0.1:${h2}`);
    const stream = session.request({ ':path': path, 'accept-encoding': coding });
    // The end of a connection is no error to Node: the stream is closed with a code, and nothing else happens.
    const cut = new AbortController();
    stream.once('close', () => stream.rstCode !== constants.NGHTTP2_NO_ERROR && cut.abort());
    // The stream tells, too.
    session.on('error', () => undefined);
    try {
      const [headers] = (await once(stream, 'response', cut)) as [IncomingHttpHeaders & { ':status': number }];
      if (headers[':status'] !== 200) return undefined;
      const body = buffer(decoded(stream, headers['content-encoding']));
      return (await abortable(body, cut.signal)).toString();
    } catch {
      return undefined;
    } finally {
      session.destroy();
    }
  };

function decoded(response: Readable, coding: string | undefined): NodeJS.ReadableStream {
  switch (coding) {
    case 'gzip':
      return through(response, createGunzip());
    case 'br':
      return through(response, createBrotliDecompress());
    default:
      return response;
  }
}

/** Unlike those of `compose()`, its errors are never uncaught when nobody reads any more. */
const through = (response: Readable, decoder: Transform) => pipeline(response, decoder, () => undefined);

const fetches: Readonly<Record<string, Fetch>> = {
  'HTTP/1.1, in chunks': fetchWith(false, 'identity'),
  gzip: fetchWith(false, 'gzip'),
  brotli: fetchWith(false, 'br'),
  TLS: fetchWith(true, 'identity'),
  'TLS and gzip': fetchWith(true, 'gzip'),
  'HTTP/2': fetchHttp2('identity'),
  'HTTP/2 and gzip': fetchHttp2('gzip'),
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
