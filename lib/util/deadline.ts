import { createStopwatch } from './stopwatch.ts';

/** A timeout whose clock runs only during waits. */
export interface Deadline {
  /** Awaits the promise with the clock running. */
  wait<T>(promise: T | Promise<T>): Promise<T>;
  /** Yields the same items; the clock runs while the next item, or the end, is awaited. */
  timed<T>(items: AsyncIterable<T>): AsyncIterable<T>;
  /** Time (ms) that the clock has run. */
  readonly waited: number;
  /** Lowers the timeout to `ms` milliseconds of waiting; a longer timeout has no effect. */
  shorten(ms: number): void;
  /** Stops the clock for good. A timed iteration that is still open ends at its next item. */
  clear(): void;
}

export interface DeadlineOptions {
  /** Whether synchronous work counts as waiting. */
  readonly countsWork?: boolean;
}

/** Calls `onExpired` once, when the waits add up to `maxTimeout` milliseconds. */
export function createDeadline(maxTimeout: number, onExpired: () => void, options?: DeadlineOptions): Deadline {
  // An iteration that was abandoned without return() must not keep the process alive.
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

  /** Starts the clock before the call: a generator works before its first `await`. */
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
