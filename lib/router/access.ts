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

/** The guards that decide who asks, and whether it is somebody else who makes them ask. */
export interface Access {
  readonly clientGuards: readonly Guard[];
  readonly crossSiteGuards: readonly Guard[];
  setTrustedHosts(list: readonly string[]): void;
}

const LOOPBACK = ['127.0.0.1', '::1'];

/** Errors begin with `caller`, the public function that has these options. */
export function createAccess(caller: string, { trustedHosts, ...options }: ResolvedAccess, observer: Observer): Access {
  const trustedProxies = createCidrSet(options.trustedProxies, { option: `${caller}: trustedProxies` });
  // Not `??`: null is a mistake, and not a way to ask for the default.
  const hosts = trustedHosts === undefined ? LOOPBACK : trustedHosts;
  const option = `${caller}: trustedHosts`;
  const trusted = createAllowlist({ ...options, trustedHosts: hosts, trustedProxies, option });

  if (options.allowAnyAddress) observer.warn('allowAnyAddress is on: trustedHosts may let everybody in.');
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

/** The address that counts is never a proxy's. */
function warnUnmatchableHosts(trustedHosts: readonly string[], trustedProxies: CidrSet, { warn }: Observer): void {
  for (const [index, network] of parseNetworks(trustedHosts, 'trustedHosts').entries()) {
    if (!trustedProxies.covers(network)) continue;
    warn(
      `trustedHosts[${index}], "${trustedHosts[index]}", can never match: it is in trustedProxies too. List clients in the one and proxies in the other.`,
    );
  }
}
