import type { IncomingMessage, ServerResponse } from 'node:http';
import { firstRefusal, type Guard, type RequestContext } from '../access/guard.ts';
import { readFields } from '../access/raw-request.ts';
import type { RefusalReason } from '../access/refusals.ts';
import type { Observer } from './observer.ts';

/** Middleware typed with `node:http`, so that consumers do not need `@types/express`. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

export interface GuardMiddlewareOptions {
  readonly guards: readonly Guard[];
  readonly observer: Observer;
  /** Handles a request that no guard refused. Default: calls `next()`. */
  allow?(context: RequestContext, req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): void;
  /** Handles a request that a guard refused. */
  refuse(req: IncomingMessage, res: ServerResponse, reason: RefusalReason, next: (error?: unknown) => void): void;
}

const callNext: NonNullable<GuardMiddlewareOptions['allow']> = (_context, _req, _res, next) => next();

/** Runs the guards, and reports the decision to the observer. */
export function guardMiddleware({ guards, observer, allow = callNext, refuse }: GuardMiddlewareOptions): Middleware {
  return (req, res, next) => {
    const context: RequestContext = { req: readFields(req), client: undefined };
    const reason = firstRefusal(context, guards);
    observer.onDecision(context, reason);
    if (reason === undefined) allow(context, req, res, next);
    else refuse(req, res, reason, next);
  };
}
