import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { onSocketClose } from '../util/socket-close.ts';

/** Error code of a cut stream (RFC 9113, section 7). */
const INTERNAL_ERROR = 2;

/** Why the rest of a response cannot be sent. */
type ResponseLoss = 'ERR_METRICS_CLIENT_GONE' | 'ERR_METRICS_RESPONSE_ENDED';

export interface ResponseListener {
  /** Whether a part of the document was sent. If so, it must not look complete. */
  hasStarted(): boolean;
  /** Whether the scrape has ended the response, and not other code. */
  hasEnded(): boolean;
  onLost(loss: ResponseLoss): void;
}

/**
 * Calls `onLost` when the response ends before the scrape has ended and sent it: the client has disconnected, or other
 * code of the app has ended the response, destroyed it or closed its socket. Returns a function that stops watching.
 */
export function watchResponse(req: IncomingMessage, res: ServerResponse, listener: ResponseListener): () => void {
  const { hasEnded, onLost } = listener;
  const writable = writableOf(res);
  let isSent = false;
  const onLoss = () => onLost(lossOf(req, res));
  const onPrefinish = () => {
    if (!hasEnded()) onLoss();
  };
  // Not `writableFinished`: it is also true for a response that was ended on a destroyed socket.
  const onFinish = () => {
    isSent = hasEnded();
  };
  const onClose = () => {
    if (!isSent) onLoss();
  };
  writable.on('prefinish', onPrefinish).on('finish', onFinish).on('close', onClose);
  const restore = interceptEnd(res, listener);
  // A pipelined response that waits for others gets no event when the connection is closed.
  const stopSocket = res.socket === null ? onSocketClose(req.socket, onClose) : undefined;
  if ((isOver(res) && !hasEnded()) || http2StreamOf(res)?.destroyed || req.socket.destroyed) onLoss();
  return () => {
    writable.removeListener('prefinish', onPrefinish).removeListener('finish', onFinish);
    writable.removeListener('close', onClose);
    restore();
    stopSocket?.();
  };
}

/**
 * Detects `end()` and `destroy()` when they are called. Their events come only after the client has read everything,
 * which is too late to keep a cut document from looking complete. Returns a function that restores the methods.
 */
function interceptEnd(res: ServerResponse, { hasStarted, hasEnded, onLost }: ResponseListener): () => void {
  const writable = writableOf(res);
  const { end } = res;
  const { destroy } = writable;
  const intercepted = {
    end(...args: unknown[]) {
      if (hasEnded()) return Reflect.apply(end, res, args);
      onLost('ERR_METRICS_RESPONSE_ENDED');
      if (!hasStarted()) return Reflect.apply(end, res, args);
      cutResponse(res);
      return res;
    },
    destroy(error?: Error) {
      const stream = http2StreamOf(res);
      // Node itself destroys a stream whose client has closed it, or whose session has failed.
      if (!stream?.closed && !stream?.session?.destroyed) {
        if (!hasEnded()) onLost('ERR_METRICS_RESPONSE_ENDED');
        if (hasStarted()) stream?.close(INTERNAL_ERROR);
      }
      return Reflect.apply(destroy, writable, [error]);
    },
  };
  res.end = intercepted.end as typeof end;
  writable.destroy = intercepted.destroy as typeof destroy;
  return () => {
    // A wrapper that other code has added since then calls the intercepted method.
    if (res.end === intercepted.end) res.end = end;
    if (writable.destroy === intercepted.destroy) writable.destroy = destroy;
  };
}

/** Whether the response was ended or destroyed. Over HTTP/2, only events of the stream report the latter. */
export function isOver(res: ServerResponse): boolean {
  return res.writableEnded || res.destroyed === true;
}

/** Returns the emitter of a response's events: over HTTP/2 a response emits `finish` even if its stream was reset. */
export function writableOf(res: ServerResponse): ServerResponse | ServerHttp2Stream {
  return http2StreamOf(res) ?? res;
}

/** Returns the stream of an HTTP/2 response; undefined for HTTP/1. */
export function http2StreamOf(res: ServerResponse): ServerHttp2Stream | undefined {
  const { stream } = res as { stream?: ServerHttp2Stream };
  return typeof stream?.rstCode === 'number' ? stream : undefined;
}

/** Ends the response so that no client takes what it has received for a complete document. */
export function cutResponse(res: ServerResponse): void {
  const stream = http2StreamOf(res);
  // A stream that is destroyed ends without an error, unless it was closed with one.
  if (stream !== undefined) stream.close(INTERNAL_ERROR);
  // Bun completes a response that is destroyed before its first byte, as an empty 200.
  else if (!res.headersSent) res.socket?.destroy();
  res.destroy();
}

function lossOf({ socket }: IncomingMessage, res: ServerResponse): ResponseLoss {
  const stream = http2StreamOf(res);
  // There is a code when the client has cancelled or disconnected, and none after `destroy()`.
  if (stream !== undefined) return stream.rstCode === 0 ? 'ERR_METRICS_RESPONSE_ENDED' : 'ERR_METRICS_CLIENT_GONE';
  // A connection that the client closes ends or fails before it is destroyed.
  return socket.destroyed && (socket.readableEnded || socket.errored)
    ? 'ERR_METRICS_CLIENT_GONE'
    : 'ERR_METRICS_RESPONSE_ENDED';
}
