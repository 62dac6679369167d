import type { Encoder } from '../encoders/encoder.ts';
import { interruption } from '../model/errors.ts';
import { Cancellation } from '../util/cancellation.ts';
import { Deadline } from '../util/deadline.ts';
import type { Steps } from '../util/steps.ts';
import { type Collection, type CollectionOptions, createCollection } from './collection.ts';
import type { Filter } from './filter.ts';

/** What one scrape requests. */
export interface DocumentRequest {
  readonly encoder: Encoder;
  readonly filter: Filter;
  /** Maximum time (ms) that is spent on waiting for the source. */
  readonly timeout: number;
}

/** A document that is made as its chunks are taken. */
export class DocumentStream {
  private readonly cancellation = new Cancellation();
  private readonly deadline: Deadline;
  private readonly collection: Collection;
  private readonly steps: Steps<string>;
  private isRunning = false;
  private isClosed = false;

  constructor(options: CollectionOptions, { encoder, filter, timeout }: DocumentRequest) {
    const { cancellation } = this;
    const { wants, prefix } = filter;
    this.deadline = new Deadline(timeout, () => cancellation.cancel(interruption('ERR_METRICS_SOURCE_TIMEOUT')));
    this.collection = createCollection(options, { cancellation, deadline: this.deadline, timeout, wants });
    this.steps = encoder.encode(this.collection.families, { prefix, drops: this.collection.drops });
  }

  /**
   * Returns the next chunk, a byte string, or undefined at the end; a promise of it where something is awaited.
   *
   * @throws when the source failed or was late, and after `abort`
   */
  next(): string | undefined | Promise<string | undefined> {
    const step = this.step();
    return step instanceof Promise ? this.nextAfter(step) : step;
  }

  private async nextAfter(pending: Promise<void>): Promise<string | undefined> {
    let step: string | undefined | Promise<void> = pending;
    while (step instanceof Promise) {
      await this.cancellation.race(step);
      step = this.step();
    }
    return step;
  }

  private step(): string | undefined | Promise<void> {
    this.cancellation.throwIfCancelled();
    this.isRunning = true;
    try {
      return this.steps.next().value ?? undefined;
    } finally {
      this.isRunning = false;
      if (this.isClosed) this.close();
      // The source itself may have ended the response.
      this.cancellation.throwIfCancelled();
    }
  }

  /** Lowers the timeout to `timeout` milliseconds, counted from the beginning. */
  shortenTimeout(timeout: number): void {
    this.deadline.shorten(timeout);
  }

  /** Time (ms) for which the source has been awaited. */
  get waited(): number {
    return this.deadline.waited;
  }

  /** Aborts the signal of the scrape, and closes. */
  abort(reason: unknown): void {
    this.cancellation.cancel(reason);
    this.close();
  }

  /** Releases everything. Does not wait for a source that hangs. */
  close(): void {
    this.isClosed = true;
    this.deadline.clear();
    if (this.isRunning) return;
    try {
      this.steps.return();
    } catch {
      // An iterator of the source may throw when it is closed.
    }
  }

  /** Whether this error was already reported as a dropped family. */
  wasReported(error: unknown): boolean {
    return this.collection.wasReported(error);
  }
}
