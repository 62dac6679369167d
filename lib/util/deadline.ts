import { isTimeUp } from './count-down.ts';
import { Stopwatch } from './stopwatch.ts';

export interface DeadlineOptions {
  /** Whether synchronous work counts as waiting. */
  readonly countsWork?: boolean;
  /**
   * Whether the process stays alive while the clock runs.
   * @default true
   */
  readonly keepsAlive?: boolean;
}

/** A timeout whose clock runs only during waits. */
export class Deadline {
  private ms: number;
  private readonly onExpired: () => void;
  private readonly options: DeadlineOptions;
  /** Created, as the timer, by the first wait: most scrapes have none. */
  private stopwatch: Stopwatch | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;

  /** Calls `onExpired` once, when the waits add up to `ms` milliseconds. */
  constructor(ms: number, onExpired: () => void, options: DeadlineOptions = {}) {
    this.ms = ms;
    this.onExpired = onExpired;
    this.options = options;
  }

  /** Time (ms) that the clock has run. */
  get waited(): number {
    return this.stopwatch?.elapsed() ?? 0;
  }

  /** Awaits the promise with the clock running. */
  wait<T>(promise: T | PromiseLike<T>): Promise<T> {
    return this.timeCall(() => promise);
  }

  /** Yields the same items; the clock runs while the next item, or the end, is awaited. */
  timed<T>(items: AsyncIterable<T>): AsyncIterable<T> {
    return {
      [Symbol.asyncIterator]: () => {
        const iterator = items[Symbol.asyncIterator]();
        const end = async (value?: unknown) =>
          (await this.timeCall(() => iterator.return?.(value))) ?? { done: true as const, value };
        // An iteration that is still open after `clear` ends at its next item.
        return { next: () => (this.isOver ? end() : this.timeCall(() => iterator.next())), return: end };
      },
    };
  }

  /** Lowers the timeout to `ms` milliseconds of waiting; a longer timeout has no effect. */
  shorten(ms: number): void {
    if (this.isOver || ms >= this.ms) return;
    this.ms = ms;
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.check();
  }

  /** Stops the clock for good. */
  clear(): void {
    this.isOver = true;
    clearTimeout(this.timer);
    this.stopwatch?.clear();
  }

  /** Starts the clock before the call: a generator works before its first `await`. */
  private async timeCall<T>(call: () => T | PromiseLike<T>): Promise<T> {
    if (!this.isOver) this.timer ??= setTimeout(() => this.check(), this.ms).unref();
    this.stopwatch ??= this.createStopwatch();
    this.stopwatch.start();
    try {
      return await call();
    } finally {
      this.stopwatch.stop();
    }
  }

  private createStopwatch(): Stopwatch {
    return new Stopwatch({
      countsWork: this.options.countsWork,
      // An iteration that was abandoned without return() must not keep the process alive.
      onRunning: (isRunning) =>
        isRunning && this.options.keepsAlive !== false ? this.timer?.ref() : this.timer?.unref(),
    });
  }

  private check(): void {
    const left = this.ms - this.waited;
    if (isTimeUp(left)) {
      this.onExpired();
      return;
    }
    const isRunning = this.timer?.hasRef() === true;
    this.timer = setTimeout(() => this.check(), left);
    if (!isRunning) this.timer.unref();
  }
}
