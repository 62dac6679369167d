/** Measures the time during which somebody waits. */
export interface Stopwatch {
  /** Somebody waits from now on. Several may wait at once: the time passes once for all. */
  start(): void;
  stop(): void;
  /** ms */
  elapsed(): number;
  /** Lets the process end. */
  clear(): void;
}

export interface StopwatchOptions {
  /** Whether the time of synchronous work is measured too. */
  readonly countsWork?: boolean;
}

/** `running` is told when somebody waits who got nothing before the event loop turned, and when nobody does any more. */
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
      // What comes before the event loop has turned was at hand: its time was work, and not waiting.
      if (hasTurned || countsWork) waited = elapsed();
      if (hasTurned) onRunning(false);
      since = undefined;
    },
    clear: () => clearImmediate(turn),
  };
}
