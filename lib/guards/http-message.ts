import type { Guard, Visit } from './guard.ts';
import { rawHeader } from './raw-headers.ts';
import { targetAuthority } from './request-target.ts';

/** A bare `proxy_pass` of nginx before 1.29.7 speaks HTTP/1.0 and adds no header: the internet would look like loopback. */
export function httpVersion({ allowHttp10 }: { allowHttp10: boolean }): Guard {
  return ({ req }) => (isHttp10(req) && !allowHttp10 ? 'http-version' : undefined);
}

export function isHttp10({ httpVersionMajor, httpVersionMinor }: Visit['req']): boolean {
  return httpVersionMajor < 1 || (httpVersionMajor === 1 && httpVersionMinor < 1);
}

/** RFC 9112, section 3.2: a second Host is a 400. Node lets it through. */
export function singleHost({ req }: Visit) {
  return rawHeader(req, 'host').length > 1 ? 'duplicate-host' : undefined;
}

export function noUserinfo({ req }: Visit) {
  return targetAuthority(req)?.includes('@') ? 'userinfo' : undefined;
}
