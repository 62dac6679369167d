import { isAsync, isReiterable } from '../../model/iterables.ts';
import type { MetricFamily, Sample } from '../../model/metric-family.ts';
import type { Scrape } from '../../model/metrics-source.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';

type SampleIterator = Iterator<Sample> | AsyncIterator<Sample>;

const END: IteratorResult<Sample> = { done: true, value: undefined };

/** Limits the samples of one family, and counts those beyond the limit. */
export class SampleLimiter {
  private readonly limit: number;
  private excess = 0;
  /** Iterator of the last reader that reached the limit; the excess is counted from it. */
  private rest: SampleIterator | undefined;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Returns the first samples, iterable in the same way as `samples`: sync or async, once or repeatedly. */
  apply(samples: MetricFamily['samples']): MetricFamily['samples'] {
    if (Array.isArray(samples)) {
      this.excess = Math.max(0, samples.length - this.limit);
      return this.excess === 0 ? samples : samples.slice(0, this.limit);
    }
    if (isAsync(samples)) return { [Symbol.asyncIterator]: () => this.readAsync(samples) };
    return isReiterable(samples) ? { [Symbol.iterator]: () => this.read(samples) } : this.read(samples);
  }

  // A generator would close the iterator at the limit, but the excess is counted from there.
  private read(samples: Iterable<Sample>): IterableIterator<Sample> {
    const iterator = samples[Symbol.iterator]();
    const hasRoom = this.capacity(iterator);
    return {
      [Symbol.iterator]() {
        return this;
      },
      next: () => (hasRoom() ? iterator.next() : END),
      return: () => iterator.return?.() ?? END,
    };
  }

  private readAsync(samples: AsyncIterable<Sample>): AsyncIterator<Sample> {
    const iterator = samples[Symbol.asyncIterator]();
    const hasRoom = this.capacity(iterator);
    return {
      next: async () => (hasRoom() ? iterator.next() : END),
      return: async () => iterator.return?.() ?? END,
    };
  }

  private capacity(iterator: SampleIterator): () => boolean {
    let given = 0;
    return () => {
      if (given++ < this.limit) return true;
      if (this.rest !== iterator) void this.close();
      this.rest = iterator;
      return false;
    };
  }

  /** Counts the samples beyond the limit. An error among them is reported and ends the count. */
  async countExcess({ signal, report }: Scrape): Promise<number> {
    try {
      for (let pulled = 1; this.rest !== undefined; pulled++) {
        const next = this.rest.next();
        // Awaiting a sync result would be slow.
        const { done } = 'then' in next ? await next : next;
        if (done) this.rest = undefined;
        else this.excess++;
        if (pulled % 256 > 0) continue;
        await yieldToEventLoop();
        signal.throwIfAborted();
      }
    } catch (error) {
      signal.throwIfAborted();
      report(error);
    }
    return this.excess;
  }

  async close(): Promise<void> {
    const { rest } = this;
    this.rest = undefined;
    try {
      await rest?.return?.();
    } catch {
      // No one waits for the result.
    }
  }
}
