import type { Stopwatch } from '../../util/stopwatch.ts';
import { COMBINED_SOURCE_SHARE } from '../../util/time-shares.ts';

export interface TimeBudgetOptions {
  /** Runs while the scrape waits for any of the sources. */
  readonly stopwatch: Stopwatch;
  /** Maximum time (ms) for the source in this scrape. */
  readonly timeout: number;
  /** The scrape's timeout (ms). */
  readonly scrapeTimeout: number;
  /** Called when the scrape waits for this source and its time is used up. */
  onExhausted(): void;
}

/**
 * Time budget of one source. It is consumed while this source has pending work and the scrape is
 * waiting for any source. Several sources that hang are therefore aborted together, and a slow
 * client consumes none of it.
 */
export interface TimeBudget {
  /** Called when the source starts to work. */
  startWork(): void;
  /** Called when the source has finished its work. */
  endWork(): void;
  /** Called when the scrape starts to wait for this source, which then has work. */
  startWaiting(): void;
  /** Called when the wait ends, with or without a result. */
  stopWaiting(): void;
  clear(): void;
}

export function createTimeBudget({ stopwatch, timeout, scrapeTimeout, onExhausted }: TimeBudgetOptions): TimeBudget {
  let used = 0;
  let startedAt: number | undefined;
  let isAwaited = false;
  let timer: NodeJS.Timeout | undefined;

  const spent = () => used + (startedAt === undefined ? 0 : stopwatch.elapsed() - startedAt);

  function remaining(): number {
    const byOthers = stopwatch.elapsed() - spent();
    return Math.min(timeout, COMBINED_SOURCE_SHARE * (scrapeTimeout - byOthers)) - spent();
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
      // The timer keeps running between waits: a new one for each of a million samples is too slow.
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
