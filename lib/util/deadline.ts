import { createStopwatch } from './stopwatch.ts';

/** A clock that runs only while somebody waits. */
export interface Deadline {
  /** Waits with the clock running. */
  wait<T>(promise: T | Promise<T>): Promise<T>;
  /** The same items; the clock runs while the next one, or the end, is awaited. */
  timed<T>(items: AsyncIterable<T>): AsyncIterable<T>;
  /** How long (ms) the clock has run. */
  readonly waited: number;
  /** Calls back when the waiting adds up to so many milliseconds, if that is sooner. */
  shorten(ms: number): void;
  /** Stops the clock for good. Items that are still timed end at the next that is asked for. */
  clear(): void;
}

export interface DeadlineOptions {
  /** Whether synchronous work counts as waiting. */
  readonly countsWork?: boolean;
}

/** Calls back once, when the waiting adds up to so many milliseconds. */
export function createDeadline(maxTimeout: number, onExpired: () => void, options?: DeadlineOptions): Deadline {
  // Items that nobody asks for any more, and nobody has returned, must not keep the process alive.
  const stopwatch = createStopwatch((isRunning) => (isRunning ? timer.ref() : timer.unref()), options);
  let isOver = false;
  let ms = maxTimeout;
  let timer = setTimeout(check, ms).unref();

  function check(): void {
    const left = ms - stopwatch.elapsed();
    // A timer may fire a fraction of a millisecond early.
    if (left < 1) onExpired();
    else timer = timer.hasRef() ? setTimeout(check, left) : setTimeout(check, left).unref();
  }

  /** The clock runs before the call: a generator works before its first `await`. */
  async function timedCall<T>(call: () => T | Promise<T>): Promise<T> {
    stopwatch.start();
    try {
      return await call();
    } finally {
      stopwatch.stop();
    }
  }

  return {
    wait: (promise) => timedCall(() => promise),
    timed: (items) => ({
      [Symbol.asyncIterator]() {
        const iterator = items[Symbol.asyncIterator]();
        const end = async (value?: unknown) =>
          (await timedCall(() => iterator.return?.(value))) ?? { done: true, value };
        return { next: () => (isOver ? end() : timedCall(() => iterator.next())), return: end };
      },
    }),
    get waited() {
      return stopwatch.elapsed();
    },
    shorten(shorter) {
      if (isOver || shorter >= ms) return;
      ms = shorter;
      clearTimeout(timer);
      check();
    },
    clear() {
      isOver = true;
      clearTimeout(timer);
      stopwatch.clear();
    },
  };
}
