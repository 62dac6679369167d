import { createHostGuard } from '../access/allowed-host.ts';
import { type CidrSet, createCidrSet, parseNetworks } from '../access/cidr-set.ts';
import type { Guard } from '../access/guard.ts';
import type { ResolvedAccess } from '../access/options.ts';
import {
  createVersionGuard,
  crossSiteGuard,
  headerLimitGuard,
  rawHeadersGuard,
  singleHostGuard,
  userinfoGuard,
} from '../access/request-guards.ts';
import { createAllowlist } from '../access/trusted-ip.ts';
import type { Observer } from '../http/observer.ts';

/** Guards that check the client's address and reject cross-site requests. */
export interface AccessGuards {
  readonly clientGuards: readonly Guard[];
  readonly crossSiteGuards: readonly Guard[];
  setTrustedHosts(list: readonly string[]): void;
}

/** Errors begin with `caller`, the public function that has these options. */
export function createAccessGuards(
  caller: string,
  { trustedHosts, ...options }: ResolvedAccess,
  observer: Observer,
): AccessGuards {
  const trustedProxies = createCidrSet(options.trustedProxies, { option: `${caller}: trustedProxies` });
  const option = `${caller}: trustedHosts`;
  const trusted = createAllowlist({ ...options, trustedHosts, trustedProxies, option });

  if (options.allowAnyAddress) observer.warn('allowAnyAddress is on: trustedHosts may allow every client.');
  if (options.trustedProxies.length > 0) warnUnmatchableHosts(trustedHosts ?? [], trustedProxies, observer);

  return {
    setTrustedHosts: trusted.setTrustedHosts,
    clientGuards: [
      rawHeadersGuard,
      headerLimitGuard,
      trusted.guard,
      createVersionGuard(options),
      singleHostGuard,
      userinfoGuard,
    ],
    crossSiteGuards: [crossSiteGuard, createHostGuard(options)],
  };
}

/** A trusted proxy is never the client, so listing it in `trustedHosts` has no effect. */
function warnUnmatchableHosts(trustedHosts: readonly string[], trustedProxies: CidrSet, { warn }: Observer): void {
  for (const [index, network] of parseNetworks(trustedHosts, 'trustedHosts').entries()) {
    if (!trustedProxies.covers(network)) continue;
    warn(
      `trustedHosts[${index}]: expected a client, got "${trustedHosts[index]}", which is in trustedProxies too and can never match; write it in one of the two lists`,
    );
  }
}
