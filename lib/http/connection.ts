import type { ServerResponse } from 'node:http';
import { http2StreamOf } from './response-events.ts';

/** Ends the connection after this response, whose headers were not sent yet. */
export function closeConnection(res: ServerResponse): void {
  const stream = http2StreamOf(res);
  if (stream === undefined) res.setHeader('Connection', 'close');
  // RFC 9113, section 8.2.2: there is no such header. A session that is closed completes the streams that it has.
  else stream.session?.close();
}

/**
 * Ends the connection after this response if its server was closed: `server.close()` waits for a client that goes on
 * asking, and Node keeps such a connection alive. To be called before the headers are sent.
 */
export function closeWithServer(res: ServerResponse): void {
  // Adapters of serverless platforms have responses without a request, and requests without a socket.
  const server = (res as Partial<Connected>).req?.socket?.server;
  if (server === undefined) return;
  if (server.listening) listened.add(server);
  else if (listened.has(server)) closeConnection(res);
}

/** A response of Node's, on a connection that a server of `node:net` has accepted. */
interface Connected {
  readonly req: { readonly socket?: { readonly server?: { readonly listening?: boolean } } };
}

/** Servers that were seen to listen. One that never does is given its connections by other code, and is not closed. */
const listened = new WeakSet<object>();
