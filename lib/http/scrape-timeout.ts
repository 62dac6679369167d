import { type RequestFields, rawHeader } from '../access/raw-request.ts';

/**
 * Returns the timeout (ms) of a scrape. Prometheus sends how long it will wait, in seconds: a later response would be
 * useless to it.
 */
export function scrapeTimeout(req: RequestFields, timeout: number): number {
  const ms = 1000 * Number(rawHeader(req, 'x-prometheus-scrape-timeout-seconds')[0]);
  // 500 ms are left for the transfer, or half of a very short timeout.
  return ms > 0 ? Math.min(timeout, Math.max(ms - 500, ms / 2)) : timeout;
}
