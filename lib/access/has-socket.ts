import type { RequestFields } from './raw-request.ts';

/**
 * Whether a request arrived on a connection to a server in this process. Serverless adapters and test injectors
 * create a fake socket with an address of their choice. Only a server sets `socket.server`, on the sockets that it
 * accepts; it is null on others.
 */
export function hasSocket(req: Pick<RequestFields, 'socket'>): boolean {
  const socket = req.socket as { readonly server?: unknown; readonly destroyed?: boolean } | undefined;
  // After its HTTP/2 session has ended, a socket no longer refers to its server.
  return Boolean(socket?.server) || socket?.destroyed === true;
}
