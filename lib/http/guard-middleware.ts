import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Guard, inspect, type Visit } from '../access/guard.ts';
import type { RefusalReason } from '../access/refusals.ts';
import type { Observer } from './observer.ts';

/** Middleware in the terms of `node:http`, so that types of Express are nobody's business but the app's. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

export interface GateOptions {
  readonly guards: readonly Guard[];
  readonly observer: Observer;
  refuse(req: IncomingMessage, res: ServerResponse, reason: RefusalReason, next: (error?: unknown) => void): void;
}

/** Lets a request pass that no guard refuses; every decision is said in one place. */
export function gate({ guards, observer, refuse }: GateOptions): Middleware {
  return (req, res, next) => {
    const visit: Visit = { req };
    const reason = inspect(visit, guards);
    observer.decided(visit, reason);
    if (reason === undefined) next();
    else refuse(req, res, reason, next);
  };
}
