import type { Exemplar } from './metric-family.ts';

/** Buckets with ascending bounds, and counts that do not decrease. */
export interface SortedBuckets {
  readonly bounds: number[];
  readonly cumulativeCounts: number[];
  /** One for each bound, if any were given. */
  readonly exemplars?: (Exemplar | undefined)[] | undefined;
}

/** Whether the bounds ascend. */
export function areAscending(bounds: readonly number[]): boolean {
  for (let i = 1; i < bounds.length; i++) if (!((bounds[i] as number) > (bounds[i - 1] as number))) return false;
  return true;
}

/** Sorts buckets, and merges those of one bound. The counts become a running maximum, as those of a histogram are. */
export function sortBuckets(
  bounds: readonly number[],
  counts: readonly number[],
  exemplars?: readonly (Exemplar | undefined)[],
): SortedBuckets {
  const sorted: SortedBuckets = { bounds: [], cumulativeCounts: [], exemplars: exemplars && [] };
  let highest = 0;
  for (const i of [...bounds.keys()].sort((a, b) => (bounds[a] as number) - (bounds[b] as number))) {
    const bound = bounds[i] as number;
    highest = Math.max(highest, counts[i] as number);
    const last = sorted.bounds.length - 1;
    const at = last >= 0 && sorted.bounds[last] === bound ? last : last + 1;
    sorted.bounds[at] = bound;
    sorted.cumulativeCounts[at] = highest;
    if (sorted.exemplars !== undefined) sorted.exemplars[at] ??= exemplars?.[i];
  }
  return sorted;
}
