const COLLATOR = new Intl.Collator('en', { numeric: true });

/** Compares texts so that `queue2` comes before `queue10`. Texts that differ are never equal. */
export const compareNaturally = (a: string, b: string): number =>
  COLLATOR.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
