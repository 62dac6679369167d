import { isIP, isIPv6 } from 'node:net';
import { isLoopback } from './address.ts';
import type { Guard } from './guard.ts';
import { isHttp10 } from './http-message.ts';
import { hostOf, requestAuthority } from './request-target.ts';

/**
 * Against DNS rebinding: a page whose name was made to point at 127.0.0.1 asks with that name, and a
 * browser cannot be made to ask with another. A remote address is checked when hosts were listed.
 */
export function allowedHost({ allowedHosts }: { allowedHosts?: readonly string[] }): Guard {
  const listed = new Set(allowedHosts?.map((host) => host.toLowerCase()));
  return ({ req, client }) => {
    const address = client?.address;
    const mustBeLocal = address !== undefined && isLoopback(address);
    if (!mustBeLocal && allowedHosts === undefined) return undefined;
    const authority = requestAuthority(req);
    if (authority === undefined && isHttp10(req)) return undefined;
    const host = hostOf(authority ?? '');
    return host !== undefined && (isLocal(host) || listed.has(host)) ? undefined : 'host-not-allowed';
  };
}

function isLocal(host: string): boolean {
  if (host.startsWith('[')) return isIPv6(host.slice(1, -1));
  return host === 'localhost' || host.endsWith('.localhost') || isIP(host) !== 0;
}
