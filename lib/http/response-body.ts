import type { ServerResponse } from 'node:http';
import type { Body } from './body.ts';

/** Whether a body can be sent without watching over the response. Otherwise a `ResponseWriter` sends it. */
export function canSendBody(res: ServerResponse): boolean {
  // A response that was ended has sent its headers, and one that was destroyed has destroyed its socket.
  return res.req?.httpVersionMajor === 1 && !res.headersSent && res.socket?.destroyed === false;
}

/** Sends a complete body, and ends the response. */
export function sendBody(res: ServerResponse, { length, parts }: Body): void {
  res.setHeader('Content-Length', length);
  // Node corks these writes for the current tick, so that headers and body leave together.
  for (let i = 0; i < parts.length - 1; i++) res.write(parts[i], 'latin1');
  res.end(parts.at(-1), 'latin1');
}

/** Whether the operating system has taken all of an ended response. If in doubt, it has not. */
export function isSent(res: ServerResponse): boolean {
  const { socket } = res as { socket: (ServerResponse['socket'] & WithHandle) | null };
  return res.writableEnded && socket?.writableLength === 0 && socket._handle?.writeQueueSize === 0;
}

/** A socket's queue in the event loop, which Node itself reads for its timeout. */
interface WithHandle {
  readonly _handle?: { readonly writeQueueSize?: number };
}
