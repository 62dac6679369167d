import { isIP, isIPv6 } from 'node:net';
import { memoizeLast } from '../util/memoize-last.ts';
import { isLoopback } from './address.ts';
import type { Guard } from './guard.ts';
import { hostOf, requestAuthority } from './raw-request.ts';
import { isHttp10 } from './request-guards.ts';

export interface AllowedHostOptions {
  allowedHosts: readonly string[];
  checkHost: boolean;
}

/**
 * Protects from DNS rebinding. A page whose host name an attacker resolves to 127.0.0.1 sends that name in `Host`, and
 * cannot make a browser send another. `allowedHosts` adds names; it does not extend the check to more clients.
 */
export function createHostGuard({ allowedHosts, checkHost }: AllowedHostOptions): Guard {
  const listed = new Set(allowedHosts.map((host) => host.toLowerCase()));
  const isAllowed = memoizeLast((authority = '') => {
    const host = hostOf(authority);
    return host !== undefined && (isLocal(host) || listed.has(host));
  });
  return ({ req, client }) => {
    const address = client?.address;
    const isChecked = checkHost || (address !== undefined && isLoopback(address));
    if (!isChecked) return undefined;
    const authority = requestAuthority(req);
    if (authority === undefined && isHttp10(req)) return undefined;
    return isAllowed(authority) ? undefined : 'host-not-allowed';
  };
}

function isLocal(host: string): boolean {
  if (host.startsWith('[')) return isIPv6(host.slice(1, -1));
  return host === 'localhost' || host.endsWith('.localhost') || isIP(host) !== 0;
}
