import type { Stopwatch } from '../../util/stopwatch.ts';

export interface TimeBudgetOptions {
  /** Runs while any source of the combination is waited for. */
  readonly stopwatch: Stopwatch;
  /** ms that the source may take in all */
  readonly timeout: number;
  /** ms that the scrape waits in all */
  readonly scrapeTimeout: number;
  /** The source is waited for, and has used up its time. */
  onExhausted(): void;
}

/**
 * The time of one source. It passes while the source has something to do and the combination waits, for this source
 * or for another one: so several that hang are given up together, and a slow client costs none of them anything.
 */
export interface TimeBudget {
  /** The source has something to do from now on. */
  startWork(): void;
  /** It is done. */
  endWork(): void;
  /** It is waited for from now on, as it has something to do. */
  startWaiting(): void;
  /** It is done, or nobody waits any more. */
  stopWaiting(): void;
  clear(): void;
}

/** The share of the scrape's time, as far as others have left it, that one source can use up: never all of it. */
export const MAX_SHARE = 0.8;

export function createTimeBudget({ stopwatch, timeout, scrapeTimeout, onExhausted }: TimeBudgetOptions): TimeBudget {
  let used = 0;
  let startedAt: number | undefined;
  let isAwaited = false;
  let timer: NodeJS.Timeout | undefined;

  const spent = () => used + (startedAt === undefined ? 0 : stopwatch.elapsed() - startedAt);

  function remaining(): number {
    const byOthers = stopwatch.elapsed() - spent();
    return Math.min(timeout, MAX_SHARE * (scrapeTimeout - byOthers)) - spent();
  }

  function check(): void {
    timer = undefined;
    if (!isAwaited) return;
    const ms = remaining();
    // A timer may fire a fraction of a millisecond early.
    if (ms < 1) onExhausted();
    else timer = setTimeout(check, ms);
  }

  function startWork(): void {
    startedAt ??= stopwatch.elapsed();
  }

  function endWork(): void {
    used = spent();
    startedAt = undefined;
  }

  return {
    startWork,
    endWork,
    startWaiting() {
      startWork();
      stopwatch.start();
      isAwaited = true;
      // It is left running from wait to wait: one timer for each of a million samples would cost too much.
      timer ??= setTimeout(check, remaining());
    },
    stopWaiting() {
      if (!isAwaited) return;
      isAwaited = false;
      stopwatch.stop();
      endWork();
    },
    clear: () => clearTimeout(timer),
  };
}
