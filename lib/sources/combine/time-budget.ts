import { isTimeUp } from '../../util/count-down.ts';
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
export class TimeBudget {
  private readonly options: TimeBudgetOptions;
  private used = 0;
  private startedAt: number | undefined;
  private isAwaited = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(options: TimeBudgetOptions) {
    this.options = options;
  }

  /** Called when the source starts to work. */
  startWork(): void {
    this.startedAt ??= this.options.stopwatch.elapsed();
  }

  /** Called when the source has finished its work. */
  endWork(): void {
    this.used = this.spent();
    this.startedAt = undefined;
  }

  /** Called when the scrape starts to wait for this source, which then has work. */
  startWaiting(): void {
    this.startWork();
    this.options.stopwatch.start();
    this.isAwaited = true;
    // The timer keeps running between waits: a new one for each of a million samples is too slow.
    this.timer ??= setTimeout(() => this.check(), this.remaining());
  }

  /** Called when the wait ends, with or without a result. */
  stopWaiting(): void {
    if (!this.isAwaited) return;
    this.isAwaited = false;
    this.options.stopwatch.stop();
    this.endWork();
  }

  clear(): void {
    clearTimeout(this.timer);
  }

  private check(): void {
    this.timer = undefined;
    if (!this.isAwaited) return;
    const ms = this.remaining();
    if (isTimeUp(ms)) this.options.onExhausted();
    else this.timer = setTimeout(() => this.check(), ms);
  }

  private remaining(): number {
    const { stopwatch, timeout, scrapeTimeout } = this.options;
    const spent = this.spent();
    const spentByOthers = stopwatch.elapsed() - spent;
    return Math.min(timeout, COMBINED_SOURCE_SHARE * (scrapeTimeout - spentByOthers)) - spent;
  }

  private spent(): number {
    return this.used + (this.startedAt === undefined ? 0 : this.options.stopwatch.elapsed() - this.startedAt);
  }
}
