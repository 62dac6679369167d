export interface Polling {
  /** Interval (ms) that the user selected */
  readonly interval: number;
  readonly isHidden: boolean;
  /** Number of polls that failed since the last success */
  readonly failures: number;
  /** Time (ms) of the last poll, including the reading of its document */
  readonly lastPollDuration: number;
  /** Whether the last poll requested the whole of a large document, and the next one requests a part. */
  readonly isPartNext: boolean;
}

const HIDDEN_INTERVAL = 60_000;
const MAX_RETRY_DELAY = 30_000;

/**
 * Returns the time (ms) from the start of a poll to the next one. A hidden page polls at most once a minute. After
 * failures, the delay doubles from 1 s to 30 s. Polling takes at most a third of the server's time. A poll of a whole large
 * document is rare, and does not hold up those of its parts, which take a fraction of its time.
 */
export function nextDelay({ interval, isHidden, failures, lastPollDuration, isPartNext }: Polling): number {
  const retry = Math.min(MAX_RETRY_DELAY, 1000 * 2 ** (failures - 1));
  const pause = isPartNext ? interval : 2 * lastPollDuration;
  const usual = failures > 0 ? retry : Math.max(interval, lastPollDuration + pause);
  return isHidden ? Math.max(usual, HIDDEN_INTERVAL) : usual;
}

/**
 * Returns the time (ms) until the whole of a large document is requested again, to find new families. At most a
 * twentieth of the time is spent on such polls.
 */
export const fullPollDelay = (lastFullPollDuration: number) => Math.max(60_000, 20 * lastFullPollDuration);

/** Size (characters) from which a document is requested only in part. */
export const LARGE_DOCUMENT = 1_000_000;

/** Maximum number of `name[]` parameters that the endpoint accepts. */
const MAX_NAMES = 100;

/** Maximum length of a URL, which servers and proxies limit. */
const MAX_LENGTH = 8000;

/** Returns the document's URL with as many of the names as the endpoint accepts, in their order. */
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
