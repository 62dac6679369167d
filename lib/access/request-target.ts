import type { IncomingMessage } from 'node:http';
import { rawHeader } from './raw-headers.ts';

/** The request target as it was sent; Express takes the mount path out of `req.url`. */
export function requestTarget(req: IncomingMessage): string {
  return (req as { originalUrl?: string }).originalUrl ?? req.url ?? '';
}

const ABSOLUTE_FORM = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i;

/** The authority of a target in absolute form (`GET http://host/path`), userinfo included. */
export function targetAuthority(req: IncomingMessage): string | undefined {
  return ABSOLUTE_FORM.exec(requestTarget(req))?.[1];
}

/** The target's path alone, fit to be logged: neither its query nor the userinfo of an absolute form. */
export function targetPath(req: IncomingMessage): string {
  return requestTarget(req)
    .replace(ABSOLUTE_FORM, '')
    .replace(/[?#].*/s, '');
}

/** The `:authority` of a request over HTTP/2, where it takes the place of `Host` (RFC 9113, section 8.3.1). */
export function pseudoAuthority(req: IncomingMessage): string | undefined {
  return req.httpVersionMajor >= 2 ? rawHeader(req, ':authority')[0] : undefined;
}

/** What the request was addressed to: a target's authority goes before `Host` (RFC 9112, section 3.2.2). */
export function requestAuthority(req: IncomingMessage): string | undefined {
  return targetAuthority(req) ?? pseudoAuthority(req) ?? rawHeader(req, 'host')[0];
}

/**
 * An authority in the form in which two of them are compared. Whichever scheme's default the port is, it is left
 * out: behind TLS the browser and the server see different schemes.
 */
export function comparableAuthority(authority: string): string {
  return authority.toLowerCase().replace(/:(80|443)?$/, '');
}

/** The host of `host`, `host:port`, `[ipv6]` or `[ipv6]:port`, in lower case; undefined when it is none of these. */
export function hostOf(authority: string): string | undefined {
  return /^(\[[\da-f:.]+\]|[\w.~-]+)(?::\d*)?$/i.exec(authority)?.[1]?.toLowerCase();
}
