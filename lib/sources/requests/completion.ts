import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';

/** Whether a response that is closed was sent as a whole. */
export function isComplete(req: IncomingMessage, res: ServerResponse): boolean {
  if (req.httpVersionMajor === 2) {
    const { stream } = res as { stream?: ServerHttp2Stream };
    return res.writableEnded && stream?.rstCode === 0;
  }
  // What is ended on a destroyed socket counts as finished, too. A response that was sent has left its socket.
  return res.writableFinished && !res.socket?.destroyed;
}

/** Whether a response's `close` may have been emitted before now. */
export function isOver(req: IncomingMessage, res: ServerResponse): boolean {
  return res.destroyed === true || req.socket?.destroyed === true;
}

/** Any number of requests may be pipelined, and Node warns of more than ten listeners: one calls them all. */
const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls back when the connection closes. A response that waits behind others on its connection, or has none because a
 * WebSocket library made it, is not closed with it.
 */
export function onConnectionClose(socket: Socket, listener: () => void): void {
  const known = waiting.get(socket);
  const listeners = known ?? new Set();
  listeners.add(listener);
  if (known !== undefined) return;
  waiting.set(socket, listeners);
  socket.once('close', () => {
    for (const each of listeners) each();
  });
}
