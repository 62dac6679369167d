export interface Polling {
  /** ms, as the reader chose it */
  readonly interval: number;
  readonly isHidden: boolean;
  /** How many polls in a row have failed. */
  readonly failures: number;
  /** How long (ms) the last poll took, until its document was read. */
  readonly lastPollDuration: number;
}

const HIDDEN_INTERVAL = 60_000;
const MAX_RETRY_DELAY = 30_000;

/**
 * How long (ms) to wait until the next poll. A hidden page asks once a minute at most; a server that is lost is asked after
 * 1, 2, 4, … s, 30 s at most; and one whose document takes long has three quarters of the time for itself.
 */
export function nextDelay({ interval, isHidden, failures, lastPollDuration: took }: Polling): number {
  const retry = Math.min(MAX_RETRY_DELAY, 1000 * 2 ** (failures - 1));
  const usual = failures > 0 ? retry : Math.max(interval, took * 3);
  return isHidden ? Math.max(usual, HIDDEN_INTERVAL) : usual;
}

/**
 * How long (ms) after a large document to ask for the whole again, which took so long: there may be other families by
 * then. A twentieth of the time at most goes into it.
 */
export const fullPollDelay = (took: number) => Math.max(60_000, 20 * took);

/** A document from this size (characters) on is no longer asked for as a whole. */
export const LARGE_DOCUMENT = 1_000_000;

const MAX_NAMES = 100;
const MAX_LENGTH = 8000;

/** The document's URL with as many of the names, in their order, as the endpoint takes. */
export function documentUrl(url: string, names: Iterable<string>): string {
  let query = '';
  let count = 0;
  for (const name of new Set(names)) {
    const pair = `${query === '' ? '?' : '&'}name[]=${encodeURIComponent(name)}`;
    if (count === MAX_NAMES || name === '' || url.length + query.length + pair.length > MAX_LENGTH) break;
    query += pair;
    count++;
  }
  return url + query;
}
