/** An iterable that can be read once and counts its use. */
export interface Watched<T> extends Iterable<T> {
  readonly pulled: number;
  /** Number of times it was closed before its end. */
  readonly closed: number;
}

/** Calls `makeNext` for each item that is pulled; undefined ends the iteration. */
export function watched<T>(makeNext: (index: number) => T | undefined): Watched<T> {
  const seen = { pulled: 0, closed: 0 };
  const iterator = {
    next() {
      const value = makeNext(seen.pulled++);
      return value === undefined ? { value, done: true as const } : { value, done: false as const };
    },
    return() {
      seen.closed++;
      return { value: undefined, done: true as const };
    },
    [Symbol.iterator]: () => iterator,
  };
  return Object.defineProperties(iterator, {
    pulled: { get: () => seen.pulled },
    closed: { get: () => seen.closed },
  }) as unknown as Watched<T>;
}

/** Like `watched`, but asynchronous. */
export function watchedAsync<T>(makeNext: (index: number) => T | undefined): Watched<T> & AsyncIterable<T> {
  const once = watched(makeNext);
  const iterator = once[Symbol.iterator]();
  const asyncIterator = {
    next: async () => iterator.next(),
    return: async () => iterator.return?.() ?? { value: undefined, done: true as const },
  };
  return Object.defineProperties(once, {
    [Symbol.asyncIterator]: { value: () => asyncIterator },
  }) as Watched<T> & AsyncIterable<T>;
}
