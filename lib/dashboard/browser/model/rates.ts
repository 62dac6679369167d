import type { Aggregation } from './units.ts';

/** Returns the increase of a counter. A counter that decreased was reset, and has counted from zero since. */
export function increase(before: number, now: number): number {
  return now < before ? now : now - before;
}

/** Returns the increase per second; null when a value is missing or no time has passed. */
export function rate(before: number | null, now: number | null, seconds: number): number | null {
  if (before === null || now === null || !(seconds > 0)) return null;
  return increase(before, now) / seconds;
}

/** Aggregates the values that are not null; returns null if there are none. */
export function aggregate(values: Iterable<number | null>, aggregation: Aggregation): number | null {
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
  return aggregation === 'sum' ? sum : aggregation === 'avg' ? sum / count : max;
}
