import { MetricsError } from '../model/errors.ts';

/** Creates the error for a signal that was aborted, with its reason. */
export function abortError({ reason }: AbortSignal): MetricsError {
  const text = reason instanceof Error ? reason.message : String(reason);
  return new MetricsError('ERR_METRICS_SCRAPE_FAILED', `aborted: ${text}`, { cause: reason });
}
