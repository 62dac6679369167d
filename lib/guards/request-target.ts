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

/** What the request was addressed to: a target's authority goes before `Host` (RFC 9112, section 3.2.2). */
export function requestAuthority(req: IncomingMessage): string | undefined {
  return targetAuthority(req) ?? rawHeader(req, 'host')[0];
}

/** The host of `host`, `host:port`, `[ipv6]` or `[ipv6]:port`, in lower case; undefined when it is none of these. */
export function hostOf(authority: string): string | undefined {
  return /^(\[[\da-f:.]+\]|[\w.~-]+)(?::\d*)?$/i.exec(authority)?.[1]?.toLowerCase();
}
