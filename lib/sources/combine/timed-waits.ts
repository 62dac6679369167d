import { TimeBudget, type TimeBudgetOptions } from './time-budget.ts';

/** Waits for the work of one source. They consume its time budget, and end when its signal aborts. */
export class TimedWaits {
  private readonly budget: TimeBudget;
  private readonly signal: AbortSignal;
  private interrupt: ((reason: unknown) => void) | undefined;

  constructor(signal: AbortSignal, options: TimeBudgetOptions) {
    this.budget = new TimeBudget(options);
    this.signal = signal;
    // One listener for all waits: a source may have a million samples.
    signal.addEventListener('abort', () => this.interrupt?.(signal.reason), { once: true });
  }

  /** Counts work that starts now, although it is awaited later. */
  start<T>(work: () => Promise<T>): Promise<T> {
    this.budget.startWork();
    const result = work();
    const end = () => this.budget.endWork();
    result.then(end, end);
    return result;
  }

  /** Settles as `work` does, or rejects when the signal aborts. Called for each sample: creates few promises. */
  wait<T>(work: T | Promise<T>): Promise<T> {
    const { budget, signal } = this;
    budget.startWaiting();
    return new Promise((resolve, reject) => {
      const interrupt = (reason: unknown) => {
        budget.stopWaiting();
        reject(reason);
      };
      this.interrupt = interrupt;
      Promise.resolve(work).then((value) => {
        budget.stopWaiting();
        resolve(value);
      }, interrupt);
      if (signal.aborted) interrupt(signal.reason);
    });
  }

  /** Yields the same items. Waits for each of them, and for the end. */
  timed<T>(iterator: AsyncIterator<T>): AsyncIterator<T> {
    return {
      next: () => (this.signal.aborted ? Promise.reject(this.signal.reason) : this.wait(iterator.next())),
      return: async (value?: unknown) =>
        (await this.wait(iterator.return?.(value) as Promise<IteratorResult<T>> | undefined)) ?? { done: true, value },
    };
  }

  clear(): void {
    this.budget.clear();
  }
}
