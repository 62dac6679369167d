import type { Aggregation } from './units.ts';

/** How much a counter went up. One that went down was reset in between, and has counted from zero since. */
export function increase(before: number, now: number): number {
  return now < before ? now : now - before;
}

/** Per second; null when either value is missing or no time has passed. */
export function rate(before: number | null, now: number | null, seconds: number): number | null {
  if (before === null || now === null || !(seconds > 0)) return null;
  return increase(before, now) / seconds;
}

/** Pools the values that are not null; null when there is none. */
export function aggregate(values: Iterable<number | null>, pooling: Aggregation): number | null {
  let count = 0;
  let sum = 0;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value === null) continue;
    count++;
    sum += value;
    if (value > max) max = value;
  }
  if (count === 0) return null;
  return pooling === 'sum' ? sum : pooling === 'avg' ? sum / count : max;
}
