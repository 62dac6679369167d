/** Whether a bucket can follow the ones before it: its bound is greater, and its cumulative count is not less. */
export function isNextBucket(
  bounds: readonly number[],
  counts: readonly number[],
  bound: number,
  count: number,
): boolean {
  const last = bounds.length - 1;
  return last === -1 || (bound > (bounds[last] as number) && count >= (counts[last] as number));
}

/** Removes the +Inf bucket from sorted buckets. Returns its count, if there is one. */
export function takeInfCount(bounds: number[], counts: number[]): number | undefined {
  if (bounds.at(-1) !== Number.POSITIVE_INFINITY) return undefined;
  bounds.pop();
  return counts.pop();
}

/** Returns the reason why a -Inf bucket does not fit, if it does not. */
export const negativeInfReason = (count: number) =>
  count === 0 ? undefined : `expected nothing below -Inf, got a count of ${count}`;
