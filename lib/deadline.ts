/** A clock that runs only while somebody waits. */
export interface Deadline {
  /** Waits with the clock running. */
  wait<T>(promise: T | Promise<T>): Promise<T>;
  /** The same items; the clock runs while the next one, or the end, is awaited. */
  timed<T>(items: AsyncIterable<T>): AsyncIterable<T>;
  /** Stops the clock for good. Items that are still timed end at the next that is asked for. */
  clear(): void;
}

/** Calls back once, when the waiting adds up to so many milliseconds. */
export function createDeadline(ms: number, expired: () => void): Deadline {
  let waited = 0;
  let since: number | undefined;
  let turn: NodeJS.Immediate | undefined;
  let hasTurned = false;
  let isOver = false;
  let timer = setTimeout(check, ms);

  const waitedSoFar = () => waited + (since === undefined ? 0 : performance.now() - since);
  const start = () => {
    since = performance.now();
    hasTurned = false;
    turn ??= setImmediate(() => {
      hasTurned = true;
      turn = undefined;
    });
  };
  const stop = () => {
    // What comes before the event loop has turned was at hand: its time was work, and not waiting.
    if (hasTurned) waited = waitedSoFar();
    since = undefined;
  };

  function check(): void {
    const left = ms - waitedSoFar();
    // A timer may fire a fraction of a millisecond early.
    if (left < 1) expired();
    else timer = setTimeout(check, left);
  }

  async function wait<T>(promise: T | Promise<T>): Promise<T> {
    start();
    try {
      return await promise;
    } finally {
      stop();
    }
  }

  return {
    wait,
    timed: (items) => ({
      [Symbol.asyncIterator]() {
        const iterator = items[Symbol.asyncIterator]();
        const end = async (value?: unknown) => (await wait(iterator.return?.(value))) ?? { done: true, value };
        return { next: () => (isOver ? end() : wait(iterator.next())), return: end };
      },
    }),
    clear() {
      isOver = true;
      clearTimeout(timer);
      clearImmediate(turn);
    },
  };
}
