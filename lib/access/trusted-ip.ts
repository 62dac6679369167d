import { type CidrSet, createCidrSet } from './cidr-set.ts';
import { type ClientAddressOptions, clientAddress } from './client-address.ts';
import { DEFAULT_TRUSTED_HOSTS } from './default-hosts.ts';
import type { Guard } from './guard.ts';
import { parseNetwork } from './network.ts';

export interface AllowlistOptions extends ClientAddressOptions {
  trustedHosts: readonly string[] | undefined;
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
  let defaultHosts: readonly string[] | undefined;
  const setTrustedHosts = (list: readonly string[]) => {
    trusted = createCidrSet(list, { option, allowAnyAddress });
    defaultHosts = undefined;
  };
  // Not `??`: null is an error and does not select the default.
  setTrustedHosts(trustedHosts === undefined ? DEFAULT_TRUSTED_HOSTS : trustedHosts);
  if (trustedHosts === undefined) {
    const isProxy = (host: string) => options.trustedProxies.covers(parseNetwork(host, option));
    defaultHosts = DEFAULT_TRUSTED_HOSTS.filter((host) => !isProxy(host));
  }

  return {
    setTrustedHosts,
    guard: (context) => {
      context.client = clientAddress(context.req, options);
      const { address, refused } = context.client;
      // No address and no refusal: a unix socket, with allowUnixSocket.
      const isTrusted = address === undefined || trusted.has(address);
      const reason = refused ?? (isTrusted ? undefined : 'not-trusted');
      if (reason !== undefined) context.defaultHosts = defaultHosts;
      return reason;
    },
  };
}
