import { once } from 'node:events';
import * as http2 from 'node:http2';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Middleware } from '../../lib/http/guard-middleware.ts';
import { CERTIFICATE, PRIVATE_KEY } from './certificate.ts';

/** A server of `node:http2`, without or with TLS. */
export type Http2Server = http2.Http2Server | http2.Http2SecureServer;

const open = new Map<Http2Server, Set<http2.ServerHttp2Session>>();

/** Serves middleware over HTTP/2 on a free loopback port. Call `closeHttp2Servers` after each test. */
export async function listenHttp2(middleware: Middleware, { tls = false } = {}): Promise<Http2Server> {
  const handler = (req: http2.Http2ServerRequest, res: http2.Http2ServerResponse) =>
    // The compatibility API of node:http2 has what middleware uses of node:http.
    middleware(req as never, res as never, () => {
      res.statusCode = 404;
      res.end('passed on');
    });
  const server = tls
    ? http2.createSecureServer({ cert: CERTIFICATE, key: PRIVATE_KEY, allowHTTP1: true }, handler)
    : http2.createServer(handler);
  const sessions = new Set<http2.ServerHttp2Session>();
  open.set(server, sessions);
  server.on('session', (session: http2.ServerHttp2Session) => sessions.add(session));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Closes the servers of `listenHttp2` and their sessions. */
export async function closeHttp2Servers(): Promise<void> {
  const closed = [...open].map(([server, sessions]) => {
    const isClosed = once(server, 'close');
    server.close();
    for (const session of sessions) session.destroy();
    return isClosed;
  });
  open.clear();
  await Promise.all(closed);
}

export interface Http2Response {
  readonly status: number;
  readonly headers: http2.IncomingHttpHeaders;
  readonly body: string;
}

export const portOf = (server: Http2Server) => (server.address() as AddressInfo).port;

/** Sends one request, with these headers and pseudo-headers, and resolves with its response. */
export async function sendHttp2(
  server: Http2Server,
  headers: http2.OutgoingHttpHeaders,
  { from = '127.0.0.1' }: { from?: string } = {},
): Promise<Http2Response> {
  const isTls = 'setSecureContext' in server;
  const port = portOf(server);
  const to = { port, host: '127.0.0.1', localAddress: from };
  const session = http2.connect(`${isTls ? 'https' : 'http'}://127.0.0.1:${port}`, {
    createConnection: () =>
      isTls
        ? connectTls({ ...to, ALPNProtocols: ['h2'], ca: CERTIFICATE, servername: 'metrics.test' })
        : connectTcp(to),
  });
  try {
    const stream = session.request({ ':path': '/metrics.json', ...headers });
    stream.end();
    // `once` rejects when the stream or, through it, the session fails first.
    const [received] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders & { ':status': number }];
    stream.setEncoding('utf8');
    let body = '';
    for await (const text of stream) body += text as string;
    return { status: received[':status'], headers: received, body };
  } finally {
    session.destroy();
  }
}
