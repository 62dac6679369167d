import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';

/** Why nobody can be sent the rest of a response. */
export type ResponseLoss = 'ERR_METRICS_CLIENT_GONE' | 'ERR_METRICS_RESPONSE_ENDED';

export interface ResponseListener {
  /** Whether some of the document was sent, so that what follows must not look like its end. */
  hasStarted(): boolean;
  /** Whether the scrape itself has ended the response. */
  hasEnded(): boolean;
  onLost(loss: ResponseLoss): void;
}

/**
 * Calls back when the response is over before the scrape has ended it, or before it could be sent: the client
 * went away, or other code of the app ended the response, destroyed it or closed its socket. Returns how to stop
 * listening.
 */
export function watchResponse(req: IncomingMessage, res: ServerResponse, listener: ResponseListener): () => void {
  const { hasEnded, onLost } = listener;
  const writable = writableOf(res);
  let isSent = false;
  const onLoss = () => onLost(lossOf(req, res));
  const onPrefinish = () => {
    if (!hasEnded()) onLoss();
  };
  // `writableFinished` is also true of what was ended on a socket that was destroyed just before: that never finishes.
  const onFinish = () => {
    isSent = hasEnded();
  };
  const onClose = () => {
    if (!isSent) onLoss();
  };
  writable.on('prefinish', onPrefinish).on('finish', onFinish).on('close', onClose);
  const restore = interceptEnd(res, listener);
  // A response that waits behind others on its connection is not told that the connection is gone.
  const stopSocket = res.socket === null ? onSocketClose(req.socket, onClose) : undefined;
  if (isOver(res) || http2StreamOf(res)?.destroyed || req.socket.destroyed) onLoss();
  return () => {
    writable.removeListener('prefinish', onPrefinish).removeListener('finish', onFinish);
    writable.removeListener('close', onClose);
    restore();
    stopSocket?.();
  };
}

/**
 * Takes note of `end()` and `destroy()` where they are called: their events come when the client has taken what was
 * written, which it may never do, and too late to keep a cut document from looking whole. Returns how to stop.
 */
function interceptEnd(res: ServerResponse, { hasStarted: hasBegun, hasEnded, onLost }: ResponseListener): () => void {
  const writable = writableOf(res);
  const { end } = res;
  const { destroy } = writable;
  const intercepted = {
    end(...args: unknown[]) {
      if (hasEnded()) return Reflect.apply(end, res, args);
      onLost('ERR_METRICS_RESPONSE_ENDED');
      if (!hasBegun()) return Reflect.apply(end, res, args);
      cutResponse(res);
      return res;
    },
    destroy(error?: Error) {
      const stream = http2StreamOf(res);
      // Node destroys a stream itself when the client has closed it, or when its session fails.
      if (!stream?.closed && !stream?.session?.destroyed) {
        if (!hasEnded()) onLost('ERR_METRICS_RESPONSE_ENDED');
        if (hasBegun()) stream?.close(INTERNAL_ERROR);
      }
      return Reflect.apply(destroy, writable, [error]);
    },
  };
  res.end = intercepted.end as typeof end;
  writable.destroy = intercepted.destroy as typeof destroy;
  return () => {
    // What was put over it since then calls it.
    if (res.end === intercepted.end) res.end = end;
    if (writable.destroy === intercepted.destroy) writable.destroy = destroy;
  };
}

/** Whether something has ended or destroyed the response. Over HTTP/2, only the stream's events tell of the latter. */
export function isOver(res: ServerResponse): boolean {
  return res.writableEnded || res.destroyed === true;
}

/** What the events of a response are told by: over HTTP/2 a response says `finish` also when its stream was reset. */
export function writableOf(res: ServerResponse): ServerResponse | ServerHttp2Stream {
  return http2StreamOf(res) ?? res;
}

/** The stream of an HTTP/2 response; undefined for HTTP/1. */
export function http2StreamOf(res: ServerResponse): ServerHttp2Stream | undefined {
  const { stream } = res as { stream?: ServerHttp2Stream };
  return typeof stream?.rstCode === 'number' ? stream : undefined;
}

/** RFC 9113, section 7. */
const INTERNAL_ERROR = 2;

/** Ends the response in such a way that no client takes what it has received for a whole document. */
export function cutResponse(res: ServerResponse): void {
  const stream = http2StreamOf(res);
  // Over HTTP/2, what is destroyed ends without an error, unless it was closed with one before.
  if (stream !== undefined) stream.close(INTERNAL_ERROR);
  // Bun completes a response that is destroyed before its first byte: an empty 200.
  else if (!res.headersSent) res.socket?.destroy();
  res.destroy();
}

function lossOf({ socket }: IncomingMessage, res: ServerResponse): ResponseLoss {
  const stream = http2StreamOf(res);
  // A client that cancels, and a connection that is gone, give a code; `destroy()` gives none.
  if (stream !== undefined) return stream.rstCode === 0 ? 'ERR_METRICS_RESPONSE_ENDED' : 'ERR_METRICS_CLIENT_GONE';
  // What a client closes ends, or fails, before it is destroyed.
  return socket.destroyed && (socket.readableEnded || socket.errored)
    ? 'ERR_METRICS_CLIENT_GONE'
    : 'ERR_METRICS_RESPONSE_ENDED';
}

/** Any number of requests may be pipelined, and Node warns of more than ten listeners: one tells them all. */
const closeListeners = new WeakMap<Socket, { notifyAll: () => void; listeners: Set<() => void> }>();

function onSocketClose(socket: Socket, listener: () => void): () => void {
  const { listeners, notifyAll } = closeListeners.get(socket) ?? subscribe(socket);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    socket.removeListener('close', notifyAll);
    closeListeners.delete(socket);
  };
}

function subscribe(socket: Socket) {
  const listeners = new Set<() => void>();
  const notifyAll = () => {
    for (const listener of [...listeners]) listener();
  };
  socket.once('close', notifyAll);
  const subscription = { notifyAll, listeners };
  closeListeners.set(socket, subscription);
  return subscription;
}
