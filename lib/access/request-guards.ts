import type { Guard, RequestContext } from './guard.ts';
import {
  comparableAuthority,
  pseudoAuthority,
  type RequestFields,
  rawHeader,
  requestAuthority,
  targetAuthority,
} from './raw-request.ts';

// The guards that look at nothing but the request itself, in the order of their refusals.

/** Node's default for `server.maxHeadersCount`. */
const DEFAULT_MAX_HEADERS = 1000;

/** An origin with an authority; `null` and anything malformed do not match. */
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/([^/?#@]+)$/i;

/**
 * Without raw headers no guard can prove that a header is absent. Serverless adapters, old runtimes and mocks
 * leave `rawHeaders` out, or empty beside filled `headers`.
 */
export function rawHeadersGuard({ req }: RequestContext) {
  return hasRawHeaders(req) ? undefined : 'raw-headers-missing';
}

/** The parameter's type allows for mocks, whose members may be anything. */
function hasRawHeaders({ rawHeaders, headers }: { rawHeaders: unknown; headers: unknown }): boolean {
  if (!Array.isArray(rawHeaders) || !isRecord(headers)) return false;
  if (rawHeaders.length === 0) return Object.keys(headers).length === 0;
  return rawHeaders.length % 2 === 0 && rawHeaders.every(isString);
}

const isString = (value: unknown) => typeof value === 'string';

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/**
 * Node silently drops header fields past its limit, `Authorization` among them (CVE-2026-58044). At the limit,
 * no guard can prove that a field is absent.
 */
export function headerLimitGuard({ req }: RequestContext) {
  // A mock may have no socket.
  const socket = req.socket as { server?: { maxHeadersCount?: number | null } } | undefined;
  const limit = socket?.server?.maxHeadersCount ?? DEFAULT_MAX_HEADERS;
  return limit > 0 && req.rawHeaders.length / 2 >= limit ? 'header-limit' : undefined;
}

/**
 * A bare `proxy_pass` of nginx before 1.29.7 speaks HTTP/1.0 and adds no header: behind such a proxy on the same
 * host, every client of the internet would look like loopback.
 */
export function createVersionGuard({ allowHttp10 }: { allowHttp10: boolean }): Guard {
  return ({ req }) => (isHttp10(req) && !allowHttp10 ? 'http-version' : undefined);
}

export function isHttp10({
  httpVersionMajor,
  httpVersionMinor,
}: Pick<RequestFields, 'httpVersionMajor' | 'httpVersionMinor'>): boolean {
  return httpVersionMajor < 1 || (httpVersionMajor === 1 && httpVersionMinor < 1);
}

/**
 * A second `Host` is an error (RFC 9112, section 3.2). Over HTTP/2, a `Host` that differs from `:authority` is
 * malformed (RFC 9113, section 8.3.1). Node lets both through.
 */
export function singleHostGuard({ req }: RequestContext) {
  const hosts = rawHeader(req, 'host');
  const authority = pseudoAuthority(req);
  const isAmbiguous =
    hosts.length > 1 ||
    (authority !== undefined && hosts.some((host) => comparableAuthority(host) !== comparableAuthority(authority)));
  return isAmbiguous ? 'duplicate-host' : undefined;
}

/** Credentials in the URL are HTTP authentication too. */
export function userinfoGuard({ req }: RequestContext) {
  return (targetAuthority(req) ?? pseudoAuthority(req))?.includes('@') ? 'userinfo' : undefined;
}

/**
 * HTTP authentication is not permitted: only the address decides. An empty field counts too, which
 * `headers.authorization` would make look absent.
 */
export function authorizationGuard({ req }: RequestContext) {
  return rawHeader(req, 'authorization').length > 0 ? 'http-authentication' : undefined;
}

function isSameHost(req: RequestFields, origin: string): boolean {
  const authority = ORIGIN.exec(origin)?.[1];
  return authority !== undefined && comparableAuthority(authority) === comparableAuthority(requestAuthority(req) ?? '');
}

/** Values of `Sec-Fetch-Site` for requests of pages of other origins. */
const OTHER_SITES: ReadonlySet<string> = new Set(['cross-site', 'same-site']);

/** A page of another site must not fetch metrics through a trusted user's browser. Opening the URL itself is fine. */
export function crossSiteGuard({ req }: RequestContext) {
  if (!rawHeader(req, 'origin').every((origin) => isSameHost(req, origin))) return 'cross-site';

  if (!rawHeader(req, 'sec-fetch-site').some((site) => OTHER_SITES.has(site.toLowerCase()))) return undefined;
  const hasValue = (name: string, value: string) => rawHeader(req, name).some((text) => text.toLowerCase() === value);
  return hasValue('sec-fetch-mode', 'navigate') && hasValue('sec-fetch-dest', 'document') ? undefined : 'cross-site';
}

export function methodGuard({ req }: RequestContext) {
  return req.method === 'GET' || req.method === 'HEAD' || req.method === 'OPTIONS' ? undefined : 'method';
}
