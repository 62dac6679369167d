import { waitAtMost } from '../../util/wait-at-most.ts';

/** Maximum time (ms) that requests wait for a process to join: one that never loads the package never does. */
const GRACE = 2000;

/**
 * Processes that ran before their coordinator was opened and have not joined it. Without them, sums would be too low
 * until all have joined, and Prometheus would take the counters to have been reset.
 */
export class Arrivals {
  private readonly missing = new Set<string>();
  private readonly graceEnd = performance.now() + GRACE;
  private complete = () => {};
  private readonly completed = new Promise<void>((resolve) => {
    this.complete = resolve;
  });

  /** Adds a process that was notified of the coordinator. Must be called before the first request. */
  expect(name: string): void {
    this.missing.add(name);
  }

  /** Removes a process that has joined or exited. */
  settle(name: string): void {
    if (this.missing.delete(name) && this.missing.size === 0) this.complete();
  }

  /**
   * Waits until no process is missing, but only within the grace and for half of `timeout`. Returns the time (ms) that
   * is left. It is the same for all requests with this timeout, so that they share a round.
   */
  async wait(timeout: number): Promise<number> {
    const graceLeft = this.graceEnd - performance.now();
    if (this.missing.size === 0 || graceLeft <= 0) return timeout;
    const share = Math.min(GRACE, timeout / 2);
    await waitAtMost(Math.min(graceLeft, share), this.completed);
    return timeout - share;
  }
}
