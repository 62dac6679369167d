import type { ClientAddress } from './client-address.ts';
import type { RequestFields } from './raw-request.ts';
import type { RefusalReason } from './refusals.ts';

/** A request, and what the guards have found out about it. */
export interface RequestContext {
  readonly req: RequestFields;
  /** Set by the allowlist's guard. */
  client?: ClientAddress | undefined;
  /** Set by the allowlist's guard when it refuses while `trustedHosts` has its default: those that can match. */
  defaultHosts?: readonly string[] | undefined;
}

/** Returns why a request is refused, or undefined to let it pass. */
export type Guard = (context: RequestContext) => RefusalReason | undefined;

/** Runs the guards in their order, up to the first that refuses. */
export function firstRefusal(context: RequestContext, guards: readonly Guard[]): RefusalReason | undefined {
  for (const guard of guards) {
    const reason = guard(context);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
