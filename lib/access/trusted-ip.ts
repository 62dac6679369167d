import { type CidrSet, createCidrSet } from './cidr-set.ts';
import { type ClientAddressOptions, clientAddress } from './client-address.ts';
import type { Guard } from './guard.ts';

export interface AllowlistOptions extends ClientAddressOptions {
  trustedHosts: readonly string[];
  allowAnyAddress: boolean;
  /** The list's name in errors, such as `metricsRouter: trustedHosts`. */
  option: string;
}

/** The allowlist, and the way to replace it while running. */
export interface Allowlist {
  readonly guard: Guard;
  /** @throws {TypeError} for a bad list, which is refused whole: the old one stays */
  setTrustedHosts(list: readonly string[]): void;
}

export function createAllowlist({ trustedHosts, allowAnyAddress, option, ...options }: AllowlistOptions): Allowlist {
  let trusted: CidrSet;
  const setTrustedHosts = (list: readonly string[]) => {
    trusted = createCidrSet(list, { option, allowAnyAddress });
  };
  setTrustedHosts(trustedHosts);
  return {
    setTrustedHosts,
    guard: (visit) => {
      visit.client = clientAddress(visit.req, options);
      const { address, refused } = visit.client;
      if (refused !== undefined) return refused;
      // No address and no refusal: a unix socket, with allowUnixSocket.
      return address === undefined || trusted.has(address) ? undefined : 'not-trusted';
    },
  };
}
