import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Body } from './body.ts';

/** Whether a body can be sent over HTTP/1 without watching over the response. Otherwise a `ResponseWriter` sends it. */
export function canSendBody(res: ServerResponse, socket: Socket | null): socket is Socket {
  // A response that was ended has sent its headers, and one that was destroyed has destroyed its socket.
  return socket?.destroyed === false && !res.headersSent;
}

/** Sends a complete body with status 200, and ends the response. */
export function sendBody(res: ServerResponse, { length, parts }: Body): void {
  res.setHeader('Content-Length', length);
  // Node would do the same for the first write, but look up more members of the response.
  res.writeHead(200);
  // Node corks these writes for the current tick, so that headers and body leave together.
  for (let i = 0; i < parts.length - 1; i++) res.write(parts[i], 'latin1');
  res.end(parts.at(-1), 'latin1');
}

/** Whether the operating system has taken all of an ended response. If in doubt, it has not. */
export function isSent(res: ServerResponse, socket: Socket & WithHandle): boolean {
  return socket.writableLength === 0 && socket._handle?.writeQueueSize === 0 && res.writableEnded;
}

/** A socket's queue in the event loop, which Node itself reads for its timeout. */
interface WithHandle {
  readonly _handle?: { readonly writeQueueSize?: number };
}
