import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { REFUSALS, type Refusal } from '../access/refusals.ts';
import { closeConnection, closeWithServer } from './connection.ts';
import type { Endpoint } from './endpoints.ts';
import type { GuardMiddlewareOptions } from './guard-middleware.ts';
import { cutResponse } from './response-events.ts';

const ALLOW = 'GET, HEAD';

/** Seconds after which a scrape that was slow, or held a slot, has most likely ended. */
export const RETRY_AFTER = '1';

/** What every response has, whatever its status. */
export function setCommonHeaders(req: IncomingMessage, res: ServerResponse): void {
  // An app-wide cors() must not share this endpoint with other sites, nor an ETag answer 304.
  for (const name of res.getHeaderNames()) if (/^(access-control-|etag$)/.test(name)) res.removeHeader(name);
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  closeWithServer(res);
  // The body is never read: after it, the connection cannot be used again. A stream of HTTP/2 has no successor.
  if (hasBody(req) && req.httpVersionMajor < 2) closeConnection(res);
}

/**
 * Leaves a response that other code has sent already, and on which headers can no longer be set. One that was begun
 * and not ended is destroyed, as nobody else would end it.
 */
export function leaveAnswered(res: ServerResponse): void {
  if (!res.writableEnded) cutResponse(res);
}

/** Refuses in a path's words. */
export function refusalHandler(
  { errorFormat, vary }: Endpoint,
  { hideFromUntrusted }: HideOption,
): GuardMiddlewareOptions['refuse'] {
  return (req, res, reason, next) => {
    const refusal: Refusal = REFUSALS[reason];
    if (hideFromUntrusted && refusal.hideable) return next('router');
    if (res.headersSent) return leaveAnswered(res);
    if (reason === 'header-limit') closeConnection(res);
    if (reason === 'method') res.setHeader('Allow', ALLOW);
    if (refusal.status === 503) res.setHeader('Retry-After', RETRY_AFTER);
    res.setHeader('Vary', vary);
    respondWithError(req, res, refusal, errorFormat);
  };
}

/** Refuses with a plain 403, whatever the reason. */
export function forbiddenHandler({ hideFromUntrusted }: HideOption): GuardMiddlewareOptions['refuse'] {
  return (req, res, reason, next) => {
    const refusal: Refusal = REFUSALS[reason];
    if (hideFromUntrusted && refusal.hideable) return next('router');
    if (res.headersSent) return leaveAnswered(res);
    if (reason === 'header-limit') closeConnection(res);
    respondWithError(req, res, { status: 403, detail: 'Forbidden' }, 'text');
  };
}

interface HideOption {
  readonly hideFromUntrusted: boolean;
}

/** The answer to OPTIONS. */
export const optionsHandler =
  ({ vary }: Endpoint) =>
  (req: IncomingMessage, res: ServerResponse): void => {
    if (res.headersSent) {
      leaveAnswered(res);
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

/** Ends a response. Servers with `rejectNonStandardBodyWrites` throw when HEAD is given a body. */
export function endWith(req: IncomingMessage, res: ServerResponse, body: string | Buffer): void {
  res.end(req.method === 'HEAD' ? undefined : body);
}

function hasBody({ headers }: { readonly headers?: IncomingMessage['headers'] }): boolean {
  // A mock may have none.
  const length = headers?.['content-length'];
  return headers?.['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
}
