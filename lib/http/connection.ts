import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { http2StreamOf } from './response-events.ts';

/** Ends the connection after this response, whose headers were not sent yet. */
export function closeConnection(res: ServerResponse): void {
  const stream = http2StreamOf(res);
  if (stream === undefined) res.setHeader('Connection', 'close');
  // HTTP/2 has no such header (RFC 9113, section 8.2.2). A closed session completes its open streams.
  else stream.session?.close();
}

/**
 * Ends the connection after this response if its server was closed: `server.close()` waits for open connections, and
 * Node keeps one alive while its client sends requests. Must be called before the headers are sent.
 */
export function closeWithServer(
  res: ServerResponse,
  socket: Accepted | undefined = (res as { req?: { socket?: Accepted } }).req?.socket,
): void {
  // Serverless adapters have responses without a request, and requests without a socket.
  const server = socket?.server;
  if (!server) return;
  if (server.listening) listened.add(server);
  else if (listened.has(server)) closeConnection(res);
}

/** A socket; `node:net` sets the server on those that it has accepted. */
type Accepted = Pick<Socket, 'destroyed'> & { readonly server?: { readonly listening?: boolean } | null };

/** Servers that were seen to listen. A server that never listens gets its connections from other code. */
const listened = new WeakSet<object>();
