import type { IncomingMessage } from 'node:http';

/**
 * Whether a request came over a connection to a server of this process. Serverless adapters and test injectors make up a
 * socket, whose address is what the platform or the test says; only a server puts itself into the sockets that it accepts.
 */
export function hasSocket(req: IncomingMessage): boolean {
  const socket = req.socket as { readonly server?: unknown; readonly destroyed?: boolean } | undefined;
  // The socket of an HTTP/2 session that has ended does not know its server any more.
  return socket?.server !== undefined || socket?.destroyed === true;
}
