import { type CidrSet, createCidrSet } from './cidr-set.ts';
import { type ClientAddressOptions, clientAddress } from './client-address.ts';
import type { Guard } from './guard.ts';

export interface AllowlistOptions extends ClientAddressOptions {
  trustedHosts: readonly string[];
  allowAnyAddress: boolean;
  /** Name of the list in errors, such as `metricsRouter: trustedHosts`. */
  option: string;
}

/** An allowlist that can be replaced while the service runs. */
export interface Allowlist {
  readonly guard: Guard;
  /** @throws {TypeError} for an invalid list; the old list stays in effect */
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
    guard: (context) => {
      context.client = clientAddress(context.req, options);
      const { address, refused } = context.client;
      if (refused !== undefined) return refused;
      // No address and no refusal: a unix socket, with allowUnixSocket.
      return address === undefined || trusted.has(address) ? undefined : 'not-trusted';
    },
  };
}
