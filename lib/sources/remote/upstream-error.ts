import { MetricsError, type MetricsErrorCode } from '../../model/errors.ts';

/** Returns the upstream's address without the parts that may be secret. */
export const addressOf = ({ origin, pathname }: URL) => origin + pathname;

/** Creates an error that begins with the upstream's address. */
export function upstreamError(url: URL, code: MetricsErrorCode, reason: string, cause?: unknown): MetricsError {
  return new MetricsError(code, `${addressOf(url)}: ${reason}`, cause === undefined ? {} : { cause });
}

/** Prefixes a parser's error with the upstream's address. */
export function prefixError(error: unknown, url: URL): unknown {
  if (!(error instanceof MetricsError) || error.message.startsWith(addressOf(url))) return error;
  return new MetricsError(error.code, `${addressOf(url)}: ${error.message}`, { cause: error });
}
