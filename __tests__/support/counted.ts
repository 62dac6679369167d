import { setImmediate as turn } from 'node:timers/promises';
import type { MetricFamily, MetricsSource, Sample, Scrape } from '../../lib/index.ts';
import { queueDepth } from './scrape-sources.ts';

/** Counts items pulled from iterators, and iterators that were opened and closed. */
export class Count {
  pulled = 0;
  opened = 0;
  /** Iterators that ended, or whose `return()` was called. */
  closed = 0;
  mostOpen = 0;

  get open(): number {
    return this.opened - this.closed;
  }

  /** Calls `makeNext` for each item that is pulled; undefined ends the iteration. */
  iterate<T>(makeNext: (index: number) => T | undefined): Iterable<T> {
    return { [Symbol.iterator]: () => this.iterator(makeNext) };
  }

  /** Like `iterate`, but asynchronous: the event loop turns before every `turnEvery`-th item. */
  iterateAsync<T>(turnEvery: number, makeNext: (index: number) => T | undefined): AsyncIterable<T> {
    return {
      [Symbol.asyncIterator]: () => {
        let index = 0;
        const iterator = this.iterator(makeNext);
        return {
          next: async () => {
            if (index++ % turnEvery === 0) await turn();
            return iterator.next();
          },
          return: async () => iterator.return(),
        };
      },
    };
  }

  private iterator<T>(makeNext: (index: number) => T | undefined) {
    let index = 0;
    let isOpen = true;
    this.opened++;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    const close = (): IteratorResult<T> => {
      if (isOpen) this.closed++;
      isOpen = false;
      return { value: undefined, done: true };
    };
    return {
      next: (): IteratorResult<T> => {
        if (!isOpen) return close();
        this.pulled++;
        const value = makeNext(index++);
        return value === undefined ? close() : { value, done: false };
      },
      return: close,
    };
  }
}

export interface CountedSource extends MetricsSource {
  /** Counts the iterators of families, one for each collection. */
  readonly families: Count;
  readonly samples: Count;
  /** Makes later collections wait until `release()` gives them a small document. */
  hold(): { readonly waiting: number; release(): void };
}

export interface Contents {
  /** Possible names of the only family; the first that is wanted is used. */
  names?: readonly string[];
  /** Number of samples. */
  length: number;
  sample(index: number): Sample;
  /** Makes samples asynchronous: the event loop turns before every `turnEvery`-th sample. */
  turnEvery?: number;
}

/** Creates a source that counts its iterators and their items. */
export function countedSource({ names = ['counted'], length, sample, turnEvery }: Contents): CountedSource {
  const families = new Count();
  const samples = new Count();
  const makeSample = (index: number) => (index < length ? sample(index) : undefined);
  let held: ((families: MetricFamily[]) => void)[] | undefined;

  function family(scrape: Scrape): MetricFamily {
    return {
      name: names.find(scrape.wants) ?? 'unwanted',
      type: 'gauge',
      labelNames: Object.keys(sample(0).labels),
      samples: turnEvery === undefined ? samples.iterate(makeSample) : samples.iterateAsync(turnEvery, makeSample),
    };
  }

  return {
    families,
    samples,
    collect: (scrape) =>
      held === undefined
        ? families.iterateAsync(1, (index) => (index === 0 ? family(scrape) : undefined))
        : new Promise((resolve) => held?.push(resolve)),
    hold() {
      const waiting: typeof held = [];
      held = waiting;
      return {
        get waiting() {
          return waiting.length;
        },
        release() {
          held = undefined;
          for (const give of waiting) give([queueDepth]);
        },
      };
    },
  };
}
