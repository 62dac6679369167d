import type { MetricFamily } from './metric-family.ts';
import type { MetricFamilies } from './metrics-source.ts';

/** Is it to be iterated with `for await`? */
export function isAsync<T>(items: Iterable<T> | AsyncIterable<T>): items is AsyncIterable<T> {
  return Symbol.asyncIterator in Object(items);
}

/** @throws {TypeError} when that is not what `collect()` is to return */
export function asyncFamilies(families: MetricFamilies): AsyncIterable<MetricFamily> {
  if (isAsync(families)) return families;
  // An array may hold promises, which are to be waited for one at a time.
  if (Symbol.iterator in Object(families)) return toAsync(families);
  throw new TypeError(`source.collect() returned ${String(families)}; return an array or another iterable of families`);
}

async function* toAsync<T>(items: Iterable<T>): AsyncGenerator<T, void> {
  yield* items;
}

/** What gives the same iterator again can be read only once; an iterator, which gives itself, is one such. */
export function isReiterable<T>(items: Iterable<T> | AsyncIterable<T>): items is Iterable<T> {
  if (Array.isArray(items)) return true;
  if (isAsync(items)) return false;
  const iterator = items[Symbol.iterator]();
  return items[Symbol.iterator]() !== iterator;
}

export function iteratorOf<T>(items: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  return isAsync(items) ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}
