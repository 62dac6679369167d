import type { Guard, RequestContext } from './guard.ts';
import { rawHeader } from './raw-headers.ts';
import { comparableAuthority, pseudoAuthority, targetAuthority } from './request-target.ts';

/** A bare `proxy_pass` of nginx before 1.29.7 speaks HTTP/1.0 and adds no header: the internet would look like loopback. */
export function createVersionGuard({ allowHttp10 }: { allowHttp10: boolean }): Guard {
  return ({ req }) => (isHttp10(req) && !allowHttp10 ? 'http-version' : undefined);
}

export function isHttp10({ httpVersionMajor, httpVersionMinor }: RequestContext['req']): boolean {
  return httpVersionMajor < 1 || (httpVersionMajor === 1 && httpVersionMinor < 1);
}

/**
 * RFC 9112, section 3.2: a second Host is a 400. Over HTTP/2 a Host that differs from `:authority` is malformed
 * (RFC 9113, section 8.3.1). Node lets both through.
 */
export function singleHostGuard({ req }: RequestContext) {
  const hosts = rawHeader(req, 'host');
  const authority = pseudoAuthority(req);
  const isAmbiguous =
    hosts.length > 1 ||
    (authority !== undefined && hosts.some((host) => comparableAuthority(host) !== comparableAuthority(authority)));
  return isAmbiguous ? 'duplicate-host' : undefined;
}

export function userinfoGuard({ req }: RequestContext) {
  return (targetAuthority(req) ?? pseudoAuthority(req))?.includes('@') ? 'userinfo' : undefined;
}
