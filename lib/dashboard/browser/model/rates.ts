import type { Aggregation } from './units.ts';

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
