import type { RequestContext } from './guard.ts';

/**
 * Node drops the header fields past its limit without a word, `Authorization` among them
 * (CVE-2026-58044): at the limit, the absence of a field cannot be shown.
 */
export function headerLimitGuard({ req }: RequestContext) {
  // A mock may have no socket.
  const socket = req.socket as { server?: { maxHeadersCount?: number | null } } | undefined;
  const limit = socket?.server?.maxHeadersCount ?? 1000;
  return limit > 0 && req.rawHeaders.length / 2 >= limit ? 'header-limit' : undefined;
}
