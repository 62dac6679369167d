import { formatAddress } from '../access/address.ts';
import { peerAddress } from '../access/client-address.ts';
import type { RequestContext } from '../access/guard.ts';
import { hasSocket } from '../access/has-socket.ts';
import type { AccessDecision } from '../access/options.ts';
import { hostOf, requestAuthority, targetPath } from '../access/raw-request.ts';
import type { RefusedRequest } from '../access/refusal-hints.ts';
import type { RefusalReason } from '../access/refusals.ts';
import { isHttp10 } from '../access/request-guards.ts';
import { callHook, createFailureReporter, debug } from '../document/hooks.ts';
import type { ScrapeFailure } from '../model/errors.ts';
import { type AccessSubject, type AccessWarnings, createAccessWarnings, createLossWarnings } from './warnings.ts';

/** Reports to the operator: hooks, warnings and the debug log. */
export interface Observer {
  /** Called for each request. Without a reason, it was allowed. */
  onDecision(context: RequestContext, reason?: RefusalReason): void;
  onFailure(failure: ScrapeFailure): void;
  /** Warns about the configuration. */
  warn(message: string): void;
}

export interface ObserverOptions {
  /** Counts refusals. */
  onRefusal?: (reason: RefusalReason) => void;
  onDecision?: ((decision: AccessDecision) => void) | undefined;
  onError?: ((failure: ScrapeFailure) => void) | undefined;
  /** The forwarding header that hints name. */
  forwardedHeader?: RefusedRequest['forwardedHeader'];
  /** Default: warnings of the process, which name options. */
  accessWarnings?: AccessWarnings;
}

/** Creates an observer whose warnings start with `caller`. */
export function createObserver(caller: string, options: ObserverOptions): Observer {
  const { onDecision, onError, onRefusal } = options;
  const warn = (message: string) => process.emitWarning(`${caller}: ${message}`, 'MetricsAccessWarning');
  const warnings = options.accessWarnings ?? createAccessWarnings(warn);
  const report = createFailureReporter(onError);
  const warnOfLoss = createLossWarnings((message) =>
    process.emitWarning(`${caller}: ${message}`, 'MetricsLossWarning'),
  );

  return {
    warn,
    onDecision(context, reason) {
      if (reason !== undefined) onRefusal?.(reason);
      const subject = subjectOf(context, reason);
      const isNew = subject !== undefined && warnings.isNew(subject, addressOf(context));
      if (!isNew && onDecision === undefined && !debug.enabled) return;
      const decision = describe(context, reason);
      debug('%s', formatDecision(decision));
      if (isNew) warnings.emit(subject, decision, requestOf(context, decision, options));
      callHook(onDecision, decision);
    },
    onFailure(failure) {
      report(failure);
      // Without the hook, nothing else would report a 500 or a missing family.
      if (onError === undefined) warnOfLoss(failure);
    },
  };
}

/** Returns the subject of a warning, if a decision may cause one. */
function subjectOf({ req, client }: RequestContext, reason: RefusalReason | undefined): AccessSubject | undefined {
  if (reason === undefined) return client?.isForwarder ? 'unlisted-forwarder' : undefined;
  const isForAddress = reason === 'not-trusted' || reason === client?.refused;
  return isForAddress && !hasSocket(req) ? 'no-socket' : reason;
}

/** Returns the client's address or, if it is unknown, the peer's. */
function addressOf({ req, client }: RequestContext): string | undefined {
  const address = client?.address ?? peerAddress(req);
  return address && formatAddress(address);
}

/** Returns what hints depend on besides the decision. */
function requestOf(
  { req, client, defaultHosts }: RequestContext,
  { peer, address, hops, reason }: AccessDecision,
  { forwardedHeader = 'x-forwarded-for' }: ObserverOptions,
): RefusedRequest {
  // For other reasons, nothing that the client sent is shown.
  const sent = reason === 'host-not-allowed' ? requestAuthority(req) : undefined;
  return {
    peer,
    address,
    hops,
    forwardedHeader,
    defaultHosts,
    isHttp10: isHttp10(req),
    isForwarder: client?.isForwarder,
    malformed: client?.malformed,
    // User information, which a Host must not have, may be a password.
    host: sent === undefined ? undefined : { sent: sent.replace(/^.*@/s, '***@'), name: hostOf(sent) },
  };
}

function describe({ req, client }: RequestContext, reason: RefusalReason | undefined): AccessDecision {
  const peer = peerAddress(req);
  const address = client?.address;
  return {
    decision: reason === undefined ? 'allow' : 'deny',
    ...(reason !== undefined && { reason }),
    ...(peer !== undefined && { peer: formatAddress(peer) }),
    ...(address !== undefined && { address: formatAddress(address) }),
    hops: client?.hops ?? 0,
    method: req.method ?? '',
    path: targetPath(req),
  };
}

function formatDecision({ decision, reason, peer, address, hops, method, path }: AccessDecision): string {
  const via = address === peer ? '' : ` for ${address ?? 'an unknown client'} (${hops} hops)`;
  return `${decision} ${method} ${path} from ${peer ?? 'a socket without an address'}${via}${reason ? `: ${reason}` : ''}`;
}
