import type { IncomingMessage, ServerResponse } from 'node:http';
import { firstRefusal, type Guard, type RequestContext } from '../access/guard.ts';
import type { RefusalReason } from '../access/refusals.ts';
import type { Observer } from './observer.ts';

/** Middleware in the terms of `node:http`, so that types of Express are nobody's business but the app's. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

export interface GuardMiddlewareOptions {
  readonly guards: readonly Guard[];
  readonly observer: Observer;
  refuse(req: IncomingMessage, res: ServerResponse, reason: RefusalReason, next: (error?: unknown) => void): void;
}

/** Lets a request pass that no guard refuses; every decision is said in one place. */
export function guardMiddleware({ guards, observer, refuse }: GuardMiddlewareOptions): Middleware {
  return (req, res, next) => {
    const context: RequestContext = { req };
    const reason = firstRefusal(context, guards);
    observer.onDecision(context, reason);
    if (reason === undefined) next();
    else refuse(req, res, reason, next);
  };
}
