import type { MetricFamily } from './metric-family.ts';

/** What gives the same iterator again can be read only once; an iterator, which gives itself, is one such. */
export function isReiterable(samples: MetricFamily['samples']): boolean {
  if (Array.isArray(samples)) return true;
  if (Symbol.asyncIterator in samples) return false;
  const iterator = samples[Symbol.iterator]();
  return samples[Symbol.iterator]() !== iterator;
}
