export interface StopwatchOptions {
  /**
   * Called with true when a wait outlasts the current turn of the event loop, and with false when the last such wait
   * ends.
   */
  onRunning?(isRunning: boolean): void;
  /** Whether the time of synchronous work counts too. */
  readonly countsWork?: boolean | undefined;
}

/** Measures the time during which at least one wait is pending. The time of waits that overlap counts once. */
export class Stopwatch {
  private readonly options: StopwatchOptions;
  private waiting = 0;
  private waited = 0;
  private since: number | undefined;
  private turn: NodeJS.Immediate | undefined;
  private hasTurned = false;

  constructor(options: StopwatchOptions = {}) {
    this.options = options;
  }

  /** Measured time (ms). */
  elapsed(): number {
    return this.waited + (this.since === undefined ? 0 : performance.now() - this.since);
  }

  /** Starts a wait. */
  start(): void {
    if (this.waiting++ > 0) return;
    this.since = performance.now();
    this.hasTurned = false;
    this.turn ??= setImmediate(() => this.onTurn());
  }

  private onTurn(): void {
    this.hasTurned = true;
    this.turn = undefined;
    if (this.since !== undefined) this.options.onRunning?.(true);
  }

  /** Ends a wait. */
  stop(): void {
    if (--this.waiting > 0) return;
    // A wait that ends before the event loop has turned was synchronous work.
    if (this.hasTurned || this.options.countsWork) this.waited = this.elapsed();
    if (this.hasTurned) this.options.onRunning?.(false);
    this.since = undefined;
  }

  /** Cancels the pending callback, so that it does not keep the process alive. */
  clear(): void {
    clearImmediate(this.turn);
  }
}
