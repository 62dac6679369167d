import type { AccessDecision } from './access-options.ts';
import { FirstOfEach } from './first-of-each.ts';
import { type RefusedRequest, unlistedForwarder } from './hints.ts';
import { REFUSALS, type RefusalReason } from './refusals.ts';

/** One address that asks again and again is warned of once, and a scanner with many addresses this often. */
const MAX_ADDRESSES = 10;

const DEBUG = 'NODE_DEBUG=express-metrics-json';
const ONCE_PER_ADDRESS = `once per reason and address, for the first ${MAX_ADDRESSES} addresses; onDecision or ${DEBUG} report each request`;

/** A refusal or, of a request that was let in, that it may come from a proxy that nobody listed. */
export type AccessSubject = RefusalReason | 'unlisted-forwarder';

export interface AccessWarnings {
  /** Whether there was no warning of this yet, and may be one. The address is that which counted, or the peer's. */
  isNew(subject: AccessSubject, address: string | undefined): boolean;
  emit(subject: AccessSubject, decision: AccessDecision, request: RefusedRequest): void;
}

export function createAccessWarnings(warn: (message: string) => void): AccessWarnings {
  const warned = new FirstOfEach(MAX_ADDRESSES);
  return {
    isNew: (subject, address = '') => warned.isNew(subject, address),
    emit(subject, decision, request) {
      warned.add(subject, decision.address ?? decision.peer ?? '');
      const origin = formatOrigin(decision);
      const event =
        subject === 'unlisted-forwarder'
          ? `let in a request from ${origin}. ${unlistedForwarder(request)}`
          : `refused a request from ${origin}: ${subject}. ${REFUSALS[subject].hint(request)}`;
      warn(`${event} (${ONCE_PER_ADDRESS})`);
    },
  };
}

/** Through a trusted proxy, it is not the peer that has to be trusted. */
function formatOrigin({ peer, address, hops }: AccessDecision): string {
  const through = hops > 0 && address !== undefined ? `${address} through the proxy ` : '';
  return `${through}${peer ?? 'a socket without an address'}`;
}
