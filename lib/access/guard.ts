import type { IncomingMessage } from 'node:http';
import type { ClientAddress } from './client-address.ts';
import type { RefusalReason } from './refusals.ts';

/** A request on its way in, and what the guards have found out about it. */
export interface RequestContext {
  readonly req: IncomingMessage;
  /** Set by the guard that looks for it. */
  client?: ClientAddress;
}

/** Says why a request must not pass, or nothing. */
export type Guard = (visit: RequestContext) => RefusalReason | undefined;

/** The first refusal. */
export function firstRefusal(context: RequestContext, guards: readonly Guard[]): RefusalReason | undefined {
  for (const guard of guards) {
    const reason = guard(context);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
