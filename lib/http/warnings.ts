import type { AccessDecision } from '../access/options.ts';
import { type Hint, noSocket, type RefusedRequest, unlistedForwarder } from '../access/refusal-hints.ts';
import { REFUSALS, type RefusalReason } from '../access/refusals.ts';
import { DuplicateNameError, MetricsError, type ScrapeFailure } from '../model/errors.ts';
import { FirstOfEach } from '../util/first-of-each.ts';
import { quote } from '../util/quote.ts';

/** Maximum number of addresses per reason that are named in a warning: a scanner may have any number. */
const MAX_ADDRESSES = 10;
const MAX_FAMILIES = 10;

export const DEBUG = 'NODE_DEBUG=express-metrics-json';
const ONCE_PER_ADDRESS = `once per reason and address, for the first ${MAX_ADDRESSES} addresses`;
const ONCE_PER_FAMILY = `once per kind of loss and family, for the first ${MAX_FAMILIES} families; onError or ${DEBUG} report each, with its error`;

/** Subject of a warning: a refusal, a refusal without a socket, or an allowed request that may come from an unlisted proxy. */
export type AccessSubject = RefusalReason | 'no-socket' | 'unlisted-forwarder';

export interface AccessWarnings {
  /** Whether `emit` may warn of this. `address` is the client's or, if that is unknown, the peer's. */
  isNew(subject: AccessSubject, address: string | undefined): boolean;
  emit(subject: AccessSubject, decision: AccessDecision, request: RefusedRequest): void;
}

/** Words of the warnings for operators who do not set the options of `metricsRouter`. */
export interface AccessTerms {
  /** Hints that replace those that name options. */
  readonly hints?: Partial<Record<AccessSubject, Hint>>;
  /** Subject and verb of the sentence about what reports each request. */
  readonly fullReport?: string;
}

export function createAccessWarnings(
  warn: (message: string) => void,
  { hints = {}, fullReport = `onDecision or ${DEBUG} report` }: AccessTerms = {},
): AccessWarnings {
  const warned = new FirstOfEach(MAX_ADDRESSES);
  return {
    isNew: (subject, address) => warned.isNew(subject, memberOf(subject, address)),
    emit(subject, decision, request) {
      warned.add(subject, memberOf(subject, decision.address ?? decision.peer));
      const hint = hints[subject] ?? hintOf(subject);
      const frequency = subject === 'no-socket' ? 'once' : ONCE_PER_ADDRESS;
      warn(`${formatEvent(subject, decision)} ${hint(request)} (${frequency}; ${fullReport} each request)`);
    },
  };
}

/** Without a socket, the address is only a claim of the platform, so there is one warning for all addresses. */
function memberOf(subject: AccessSubject, address = ''): string {
  return subject === 'no-socket' ? '' : address;
}

function hintOf(subject: AccessSubject): Hint {
  if (subject === 'no-socket') return noSocket;
  return subject === 'unlisted-forwarder' ? unlistedForwarder : REFUSALS[subject].hint;
}

function formatEvent(subject: AccessSubject, decision: AccessDecision): string {
  const origin = formatOrigin(decision);
  if (subject === 'unlisted-forwarder') return `let in a request from ${origin}.`;
  return `refused a request from ${origin}: ${decision.reason}.`;
}

/** Names the client, and the proxy that its request came through. */
function formatOrigin({ peer, address, hops }: AccessDecision): string {
  const through = hops > 0 && address !== undefined ? `${address} through the proxy ` : '';
  return `${through}${peer ?? 'a socket without an address'}`;
}

/**
 * Creates a function that warns of losses. It leaves out the messages of errors, which may contain secrets, except those
 * that consist of names.
 */
export function createLossWarnings(warn: (message: string) => void): (failure: ScrapeFailure) => void {
  const warned = new FirstOfEach(MAX_FAMILIES);
  return (failure) => {
    const { family = '' } = failure;
    const kind = kindOfLoss(failure);
    if (kind === undefined || !warned.isNew(kind, family)) return;
    warned.add(kind, family);
    const subject = failure.family === undefined ? 'a family' : `the family ${quote(family)}`;
    warn(`${kind.replace('FAMILY', () => subject)}${reasonOf(failure)} (${ONCE_PER_FAMILY})`);
  };
}

/** Returns a further sentence of a warning. It names families, so it is no part of the kind. */
function reasonOf({ error }: ScrapeFailure): string {
  if (!(error instanceof DuplicateNameError)) return '';
  return ` The name ${quote(error.duplicate)} is another family's already, which is kept.`;
}

/** Returns the text of a warning, with `FAMILY` for the family; undefined if there is none for the failure. */
function kindOfLoss({ phase, family, error }: ScrapeFailure): string | undefined {
  const code = error instanceof MetricsError ? error.code : undefined;
  const suffix = code === undefined ? '.' : `: ${code}.`;
  if (phase === 'collect') {
    if (family !== undefined) return `FAMILY could not be collected${suffix}`;
    if (code === 'ERR_METRICS_CUT_DOCUMENT')
      return `a document was cut off: ${quote((error as MetricsError).message)}.`;
    if (code === 'ERR_METRICS_REPAIRED_DOCUMENT') return `a document was repaired, without a loss${suffix}`;
    return `the source failed, was late or reported an error${suffix}`;
  }
  if (phase === 'send') return undefined;
  if (code === 'ERR_METRICS_INVALID_FAMILY') return `FAMILY was left out${suffix}`;
  // A failure without a family is the number of losses that were not reported.
  return family === undefined ? undefined : `a sample or exemplar of FAMILY was left out${suffix}`;
}
