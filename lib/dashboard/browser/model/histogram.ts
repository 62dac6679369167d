/** Observations by bucket, not cumulative. There is one more count than bounds: the last is above all bounds. */
export interface Buckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/** Sums histograms, like `sum by (le)`. The result has the bounds of all; counts stay in the bucket of their bound. */
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
