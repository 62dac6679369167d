import type { MetricFamily } from './metric-family.ts';
import type { MetricFamilies } from './metrics-source.ts';

/** Whether the items must be iterated with `for await`. */
export function isAsync<T>(items: Iterable<T> | AsyncIterable<T>): items is AsyncIterable<T> {
  return Symbol.asyncIterator in Object(items);
}

/** @throws {TypeError} when `collect()` returned anything but families */
export function checkFamilies(families: MetricFamilies): void {
  if (isAsync(families) || Symbol.iterator in Object(families)) return;
  throw new TypeError(`source.collect() returned ${String(families)}; return an array or another iterable of families`);
}

/** @throws {TypeError} when `collect()` returned anything but families */
export function asyncFamilies(families: MetricFamilies): AsyncIterable<MetricFamily> {
  checkFamilies(families);
  return isAsync(families) ? families : toAsync(families);
}

/** An iterable may hold promises, which are awaited one at a time. */
async function* toAsync<T>(items: Iterable<T>): AsyncGenerator<T, void> {
  yield* items;
}

/** An iterable that returns the same iterator twice (a generator, say) can be consumed only once. */
export function isReiterable<T>(items: Iterable<T> | AsyncIterable<T>): items is Iterable<T> {
  if (Array.isArray(items)) return true;
  if (isAsync(items)) return false;
  const iterator = items[Symbol.iterator]();
  return items[Symbol.iterator]() !== iterator;
}

export function iteratorOf<T>(items: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  return isAsync(items) ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}
