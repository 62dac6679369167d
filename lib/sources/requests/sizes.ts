import type { IncomingMessage, ServerResponse } from 'node:http';

/** Returns the size of a body, by the header Content-Length; undefined without one. */
function contentLength(value: unknown): number | undefined {
  const length = Number(value);
  return value !== undefined && Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}

/** Returns the size of the request's body; undefined for one whose length is not known beforehand. */
export function requestSize({ headers }: IncomingMessage): number | undefined {
  return contentLength(headers['content-length']) ?? (headers['transfer-encoding'] === undefined ? 0 : undefined);
}

/** Returns the size of the response's body. Without Content-Length, it is what the connection sent, with the headers. */
export function responseSize({ method, socket }: IncomingMessage, res: ServerResponse, sentBefore: number): number {
  if (method === 'HEAD') return 0;
  return contentLength(res.getHeader('content-length')) ?? Math.max(0, (socket.bytesWritten ?? 0) - sentBefore);
}
