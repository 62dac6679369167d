import type { RequestContext } from './guard.ts';

/**
 * Without raw headers no guard can prove that a header is absent. Serverless adapters, old runtimes and mocks
 * leave `rawHeaders` out, or empty beside filled `headers`.
 */
export function rawHeadersGuard({ req }: RequestContext) {
  return hasRawHeaders(req) ? undefined : 'raw-headers-missing';
}

/** Typed as what mocks may have: anything. */
function hasRawHeaders({ rawHeaders, headers }: { rawHeaders: unknown; headers: unknown }): boolean {
  if (!Array.isArray(rawHeaders) || !isRecord(headers)) return false;
  if (rawHeaders.length === 0) return Object.keys(headers).length === 0;
  return rawHeaders.length % 2 === 0 && rawHeaders.every((text) => typeof text === 'string');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
