import { type CidrSet, cidrSet } from './cidr-set.ts';
import { type ClientAddressOptions, clientAddress } from './client-address.ts';
import type { Guard } from './guard.ts';

export interface TrustedIpOptions extends ClientAddressOptions {
  trustedHosts: readonly string[];
  allowAnyAddress: boolean;
  /** The list's name in errors, such as `metricsRouter: trustedHosts`. */
  option: string;
}

/** The allowlist, and the way to replace it while running. */
export interface TrustedIp {
  readonly guard: Guard;
  /** @throws {TypeError} for a bad list, which is refused whole: the old one stays */
  trust(list: readonly string[]): void;
}

export function trustedIp({ trustedHosts, allowAnyAddress, option, ...options }: TrustedIpOptions): TrustedIp {
  let trusted: CidrSet;
  const trust = (list: readonly string[]) => {
    trusted = cidrSet(list, { option, allowAnyAddress });
  };
  trust(trustedHosts);
  return {
    trust,
    guard: (visit) => {
      visit.client = clientAddress(visit.req, options);
      const { address, refused } = visit.client;
      if (refused !== undefined) return refused;
      // No address and no refusal: a unix socket, with allowUnixSocket.
      return address === undefined || trusted.has(address) ? undefined : 'not-trusted';
    },
  };
}
