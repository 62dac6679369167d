import type { Encoder } from '../encoders/encoder.ts';
import { interruption } from '../model/errors.ts';
import { abortable } from '../util/abortable.ts';
import { createDeadline } from '../util/deadline.ts';
import { type CollectionOptions, collect } from './collection.ts';
import type { Filter } from './filter.ts';

export interface DocumentOptions extends Omit<CollectionOptions, 'signal' | 'deadline' | 'wants'> {
  readonly encoder: Encoder;
  readonly filter: Filter;
  /** ms */
  readonly timeout: number;
}

/** A document in the making: the source is asked as its chunks are taken. */
export interface DocumentStream {
  /** The next chunk, a byte string. Rejects when the source failed or was late, and after `abort`. */
  next(): Promise<IteratorResult<string, void>>;
  /** Waits for the source at most so many milliseconds in all, from its beginning. */
  shortenTimeout(timeout: number): void;
  /** How long (ms) the source has been waited for so far. */
  readonly waited: number;
  /** Tells the source that nobody waits for it any more, and closes. */
  abort(reason: unknown): void;
  /** Gives everything back. Does not wait for a source that hangs. */
  close(): void;
  /** Whether this error was already reported as a dropped family. */
  wasReported(error: unknown): boolean;
}

export function openDocument({ encoder, filter, timeout, ...options }: DocumentOptions): DocumentStream {
  const aborter = new AbortController();
  const { signal } = aborter;
  const deadline = createDeadline(timeout, () => aborter.abort(interruption('ERR_METRICS_SOURCE_TIMEOUT')));
  const { families, drops, wasReported } = collect({ ...options, wants: filter.wants, signal, deadline, timeout });
  const chunks = encoder.encode(families, { prefix: filter.prefix, drops });
  function close(): void {
    deadline.clear();
    chunks.return().catch(() => undefined);
  }
  return {
    next: () => abortable(chunks.next(), signal),
    shortenTimeout: deadline.shorten,
    get waited() {
      return deadline.waited;
    },
    abort(reason) {
      aborter.abort(reason);
      close();
    },
    close,
    wasReported,
  };
}
