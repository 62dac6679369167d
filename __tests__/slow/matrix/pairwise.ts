/** What a row has in each dimension. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** All combinations of these values. */
export function product<R extends Row>(dimensions: { readonly [D in keyof R]: readonly R[D][] }): R[] {
  let rows: Row[] = [{}];
  for (const [dimension, values] of Object.entries<readonly R[keyof R][]>(dimensions)) {
    rows = rows.flatMap((row) => values.map((value) => ({ ...row, [dimension]: value })));
  }
  return rows as R[];
}

/** The row's values, each as a text that tells its dimension too. */
export const valuesOf = (row: Row): string[] => Object.entries(row).map((entry) => entry.join('='));

/** The row's values, two at a time. */
export function pairsOf(row: Row): string[] {
  const values = valuesOf(row);
  return values.flatMap((one, index) => values.slice(index + 1).map((other) => `${one} & ${other}`));
}

/**
 * Some of the rows, in which every pair occurs that occurs in any: each is the first of those with the most pairs that
 * were not there yet. So the first few have all values already.
 */
export function pairwise<R extends Row>(rows: readonly R[]): R[] {
  const pairs = new Map(rows.map((row) => [row, pairsOf(row)]));
  const missing = new Set([...pairs.values()].flat());
  const chosen: R[] = [];
  while (missing.size > 0) {
    const gains = rows.map((row) => pairs.get(row)!.filter((pair) => missing.has(pair)).length);
    const best = rows[gains.indexOf(Math.max(...gains))]!;
    for (const pair of pairs.get(best)!) missing.delete(pair);
    chosen.push(best);
  }
  return chosen;
}
