import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { RequestFields } from '../access/raw-request.ts';
import { REFUSALS, type Refusal } from '../access/refusals.ts';
import { closeConnection, closeWithServer } from './connection.ts';
import type { Endpoint } from './endpoints.ts';
import type { GuardMiddlewareOptions } from './guard-middleware.ts';
import { cutResponse } from './response-events.ts';

const ALLOW = 'GET, HEAD';

/** Value of `Retry-After`, in seconds: a slow scrape, or one that holds a slot, has most likely ended by then. */
export const RETRY_AFTER = '1';

/** Sets the headers of every response, whatever its status. */
export function setCommonHeaders(req: RequestFields, res: ServerResponse): void {
  // An app-wide cors() must not allow other sites to read this endpoint, and an ETag must not cause a 304.
  for (const name of res.getHeaderNames())
    if (name === 'etag' || name.startsWith('access-control-')) res.removeHeader(name);
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  closeWithServer(res, req.socket);
  // The request's body is never read, so the connection cannot be used again. HTTP/2 streams are independent.
  if (hasBody(req) && req.httpVersionMajor < 2) closeConnection(res);
}

/**
 * Handles a response of which other code has sent the headers. It is left alone if it was ended, and destroyed
 * otherwise, since nothing else would end it.
 */
export function finishForeignResponse(res: ServerResponse): void {
  if (!res.writableEnded) cutResponse(res);
}

/** Creates the handler of refusals for one endpoint. */
export function refusalHandler(
  { errorFormat, vary }: Endpoint,
  { hideFromUntrusted }: HideOption,
): GuardMiddlewareOptions['refuse'] {
  return (req, res, reason, next) => {
    const refusal: Refusal = REFUSALS[reason];
    if (hideFromUntrusted && refusal.hideable) return next();
    if (res.headersSent) return finishForeignResponse(res);
    if (reason === 'header-limit') closeConnection(res);
    if (reason === 'method') res.setHeader('Allow', ALLOW);
    if (refusal.status === 503) res.setHeader('Retry-After', RETRY_AFTER);
    res.setHeader('Vary', vary);
    respondWithError(req, res, refusal, errorFormat);
  };
}

/** Creates a handler that refuses with a plain 403, whatever the reason. */
export function forbiddenHandler({ hideFromUntrusted }: HideOption): GuardMiddlewareOptions['refuse'] {
  return (req, res, reason, next) => {
    const refusal: Refusal = REFUSALS[reason];
    if (hideFromUntrusted && refusal.hideable) return next('router');
    if (res.headersSent) return finishForeignResponse(res);
    if (reason === 'header-limit') closeConnection(res);
    respondWithError(req, res, { status: 403, detail: 'Forbidden' }, 'text');
  };
}

interface HideOption {
  readonly hideFromUntrusted: boolean;
}

/** Responds to OPTIONS. */
export const optionsHandler =
  ({ vary }: Endpoint) =>
  (req: RequestFields, res: ServerResponse): void => {
    if (res.headersSent) {
      finishForeignResponse(res);
      return;
    }
    setCommonHeaders(req, res);
    res.statusCode = 204;
    res.setHeader('Allow', ALLOW);
    res.setHeader('Vary', vary);
    res.end();
  };

export function respondWithError(
  req: IncomingMessage,
  res: ServerResponse,
  { status, detail }: { status: number; detail: string },
  errorFormat: Endpoint['errorFormat'],
): void {
  const title = STATUS_CODES[status];
  const body =
    errorFormat === 'problem+json'
      ? `${JSON.stringify({ type: 'about:blank', title, status, detail })}\n`
      : `${detail}\n`;
  setCommonHeaders(req, res);
  res.removeHeader('Content-Encoding');
  res.statusCode = status;
  res.setHeader(
    'Content-Type',
    errorFormat === 'problem+json' ? 'application/problem+json; charset=utf-8' : 'text/plain; charset=utf-8',
  );
  res.setHeader('Content-Length', Buffer.byteLength(body));
  endWith(req, res, body);
}

/** Ends a response. With the server option `rejectNonStandardBodyWrites`, Node throws if HEAD gets a body. */
export function endWith(req: IncomingMessage, res: ServerResponse, body: string | Buffer): void {
  res.end(req.method === 'HEAD' ? undefined : body);
}

function hasBody({ headers }: { readonly headers?: IncomingMessage['headers'] }): boolean {
  // A mock may have no headers.
  const length = headers?.['content-length'];
  return headers?.['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
}
