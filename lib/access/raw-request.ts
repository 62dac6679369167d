import type { IncomingMessage } from 'node:http';

// What the client sent. `rawHeaders` holds the header fields as they arrived; `headers` joins fields, drops some, and
// middleware may have changed it.

/** The members of a request that decide about it. */
export interface RequestFields
  extends Pick<
    IncomingMessage,
    'method' | 'url' | 'rawHeaders' | 'headers' | 'socket' | 'httpVersionMajor' | 'httpVersionMinor'
  > {
  /** Set by Express, which removes the mount path from `url`. */
  readonly originalUrl?: string | undefined;
}

/**
 * Reads each member once. Express changes the prototype of every request, and V8 then has a separate hidden class for
 * each. Its inline caches miss at the first read of a member, which costs ten times a read that they hit.
 */
export function readFields(req: IncomingMessage): RequestFields {
  const { method, url, rawHeaders, headers, socket, httpVersionMajor, httpVersionMinor, originalUrl } =
    req as RequestFields;
  return { method, url, rawHeaders, headers, socket, httpVersionMajor, httpVersionMinor, originalUrl };
}

const ABSOLUTE_FORM = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i;

const NO_VALUES: readonly string[] = [];

/** The values of every field with this name (lower case), in their order. */
export function rawHeader({ rawHeaders }: Pick<RequestFields, 'rawHeaders'>, name: string): readonly string[] {
  // Most fields that guards look for are absent, or there once.
  let values: string[] | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const field = rawHeaders[i] as string;
    // The length first: it decides for most fields, without a copy in lower case.
    if (field.length !== name.length || field.toLowerCase() !== name) continue;
    const value = rawHeaders[i + 1] as string;
    if (values === undefined) values = [value];
    else values.push(value);
  }
  return values ?? NO_VALUES;
}

/** Whether there is a field with one of these names (lower case). */
export function hasRawHeader({ rawHeaders }: Pick<RequestFields, 'rawHeaders'>, names: ReadonlySet<string>): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (names.has((rawHeaders[i] as string).toLowerCase())) return true;
  }
  return false;
}

/** The request target as it was sent. */
export function requestTarget({ originalUrl, url }: RequestFields): string {
  return originalUrl ?? url ?? '';
}

/** The authority of a target in absolute form (`GET http://host/path`), userinfo included. */
export function targetAuthority(req: RequestFields): string | undefined {
  const target = requestTarget(req);
  return target.startsWith('/') ? undefined : ABSOLUTE_FORM.exec(target)?.[1];
}

/** The target's path. It is safe to log: it has neither the query nor the userinfo of an absolute form. */
export function targetPath(req: RequestFields): string {
  return pathOf(requestTarget(req));
}

/** Returns the path of a target, as it was sent. */
export function pathOf(target: string): string {
  const path = before(before(target, '?'), '#');
  return path.startsWith('/') ? path : path.replace(ABSOLUTE_FORM, '');
}

function before(text: string, mark: string): string {
  const end = text.indexOf(mark);
  return end === -1 ? text : text.slice(0, end);
}

/** The `:authority` of an HTTP/2 request, which replaces `Host` there (RFC 9113, section 8.3.1). */
export function pseudoAuthority(req: RequestFields): string | undefined {
  return req.httpVersionMajor >= 2 ? rawHeader(req, ':authority')[0] : undefined;
}

/** The authority that the request is for: the target's takes precedence over `Host` (RFC 9112, section 3.2.2). */
export function requestAuthority(req: RequestFields): string | undefined {
  return targetAuthority(req) ?? pseudoAuthority(req) ?? rawHeader(req, 'host')[0];
}

/**
 * An authority in a form that can be compared. The default ports of both schemes are removed: behind TLS the
 * browser and the server see different schemes.
 */
export function comparableAuthority(authority: string): string {
  return authority.toLowerCase().replace(/:(80|443)?$/, '');
}

/** The host of `host`, `host:port`, `[ipv6]` or `[ipv6]:port`, in lower case; undefined for anything else. */
export function hostOf(authority: string): string | undefined {
  return /^(\[[\da-f:.]+\]|[\w.~-]+)(?::\d*)?$/i.exec(authority)?.[1]?.toLowerCase();
}
