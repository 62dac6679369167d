import type { IncomingMessage, ServerResponse } from 'node:http';
import { isComplete } from './completion.ts';

/** Statuses whose responses have no body. */
const BODILESS = [204, 304];

/** Returns the size of a body, by the header Content-Length; undefined without one. */
function contentLength(value: unknown): number | undefined {
  const length = Number(value);
  return value !== undefined && Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}

/** Returns the size of the request's body; undefined for one whose length is not known beforehand. */
export function requestSize({ headers }: IncomingMessage): number | undefined {
  return contentLength(headers['content-length']) ?? (headers['transfer-encoding'] === undefined ? 0 : undefined);
}

/**
 * Returns the size of the response's body. Without Content-Length, it is what the connection sent, with the headers;
 * undefined on a connection that several responses share, and for a response that was not sent as a whole.
 */
export function responseSize(req: IncomingMessage, res: ServerResponse, sentBefore: number): number | undefined {
  if (!isComplete(req, res)) return undefined;
  if (req.method === 'HEAD' || BODILESS.includes(res.statusCode)) return 0;
  const length = contentLength(res.getHeader('content-length'));
  if (length !== undefined || req.httpVersionMajor === 2) return length;
  return Math.max(0, (req.socket.bytesWritten ?? 0) - sentBefore);
}
