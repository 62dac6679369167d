/** Measures the time during which at least one wait is pending. */
export interface Stopwatch {
  /** Starts a wait. The time of waits that overlap counts once. */
  start(): void;
  /** Ends a wait. */
  stop(): void;
  /** Measured time (ms). */
  elapsed(): number;
  /** Cancels the pending callback, so that it does not keep the process alive. */
  clear(): void;
}

export interface StopwatchOptions {
  /** Whether the time of synchronous work counts too. */
  readonly countsWork?: boolean;
}

/**
 * Creates a stopwatch. `onRunning(true)` is called when a wait outlasts the current turn of the event loop,
 * `onRunning(false)` when the last such wait ends.
 */
export function createStopwatch(
  onRunning: (isRunning: boolean) => void = () => {},
  { countsWork = false }: StopwatchOptions = {},
): Stopwatch {
  let waiting = 0;
  let waited = 0;
  let since: number | undefined;
  let turn: NodeJS.Immediate | undefined;
  let hasTurned = false;

  const elapsed = () => waited + (since === undefined ? 0 : performance.now() - since);

  return {
    elapsed,
    start() {
      if (waiting++ > 0) return;
      since = performance.now();
      hasTurned = false;
      turn ??= setImmediate(() => {
        hasTurned = true;
        turn = undefined;
        if (since !== undefined) onRunning(true);
      });
    },
    stop() {
      if (--waiting > 0) return;
      // A wait that ends before the event loop has turned was synchronous work.
      if (hasTurned || countsWork) waited = elapsed();
      if (hasTurned) onRunning(false);
      since = undefined;
    },
    clear: () => clearImmediate(turn),
  };
}
