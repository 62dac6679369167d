/** How much a counter went up. One that went down was reset in between, and has counted from zero since. */
export function increase(before: number, now: number): number {
  return now < before ? now : now - before;
}

/** Per second; null when either value is missing or no time has passed. */
export function rate(before: number | null, now: number | null, seconds: number): number | null {
  if (before === null || now === null || !(seconds > 0)) return null;
  return increase(before, now) / seconds;
}

/** Of those that are there; null when none is. */
export function total(values: Iterable<number | null>): number | null {
  let sum: number | null = null;
  for (const value of values) if (value !== null) sum = (sum ?? 0) + value;
  return sum;
}
