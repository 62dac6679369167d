import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';

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
