import { increase } from './rates.ts';

/** Observations by bucket, each on its own and not cumulative: one more than bounds, the last above all of them. */
export interface Buckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/** What was observed between two polls, from cumulative counts; since the reset when the histogram was reset. */
export function observedBetween(bounds: readonly number[], before: ArrayLike<number>, now: ArrayLike<number>): Buckets {
  const last = bounds.length;
  const wasReset = Array.from(now).some((count, i) => count < (before[i] ?? 0));
  const cumulative = Array.from({ length: last + 1 }, (_, i) =>
    wasReset ? (now[i] ?? 0) : increase(before[i] ?? 0, now[i] ?? 0),
  );
  // A scrape is not one instant: a bucket may have been read before the one below it was.
  return { bounds, counts: cumulative.map((count, i) => Math.max(0, count - (cumulative[i - 1] ?? 0))) };
}

/** The sum over series, as `sum by (le)`. Bounds that not all have are kept: counts go to the bucket they end in. */
export function merge(all: readonly Buckets[]): Buckets {
  const [first] = all;
  if (first === undefined) return { bounds: [], counts: [0] };
  if (all.every(({ bounds }) => bounds === first.bounds || sameNumbers(bounds, first.bounds))) {
    return { bounds: first.bounds, counts: sumEach(all.map(({ counts }) => counts)) };
  }
  const bounds = [...new Set(all.flatMap((one) => one.bounds))].sort((a, b) => a - b);
  const place = new Map(bounds.map((bound, i) => [bound, i]));
  const counts = new Array<number>(bounds.length + 1).fill(0);
  for (const one of all) {
    for (const [i, count] of one.counts.entries()) {
      counts[place.get(one.bounds[i] ?? Number.NaN) ?? bounds.length]! += count;
    }
  }
  return { bounds, counts };
}

function sumEach(rows: readonly (readonly number[])[]): number[] {
  const sums = new Array<number>(rows[0]?.length ?? 0).fill(0);
  for (const row of rows) for (let i = 0; i < sums.length; i++) sums[i]! += row[i] ?? 0;
  return sums;
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((number, i) => number === b[i]);
}

/**
 * Estimates a quantile as Prometheus' `histogram_quantile` does: linear within the bucket; in the first from zero when
 * its bound is above zero; the highest finite bound when it lies above that. Null without observations.
 *
 * https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */
export function quantile(q: number, { bounds, counts }: Buckets): number | null {
  const count = counts.reduce((sum, each) => sum + each, 0);
  if (count === 0 || bounds.length === 0) return null;
  const rank = q * count;
  let below = 0;
  let i = 0;
  while (i < bounds.length && below + counts[i]! < rank) below += counts[i++]!;
  const upper = bounds[i];
  if (upper === undefined) return bounds.at(-1)!;
  const first = bounds[0]!;
  if (i === 0 && first <= 0) return first;
  const lower = i === 0 ? 0 : bounds[i - 1]!;
  return counts[i] === 0 ? upper : lower + ((upper - lower) * (rank - below)) / counts[i]!;
}
