const MAX_SUGGESTIONS = 3;

/** Longer names are not compared: the work grows with the product of the lengths. */
const MAX_LENGTH = 200;

/** Returns the names that may have been meant, the most likely first. Ignores case. */
export function suggestNames(name: string, names: readonly string[]): string[] {
  if (name.length > MAX_LENGTH) return [];
  return names
    .filter((other) => other.length <= MAX_LENGTH)
    .map((other) => ({ other, distance: distance(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(2, name.length / 3))
    .filter(({ other, distance }) => distance < Math.max(name.length, other.length))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MAX_SUGGESTIONS)
    .map(({ other }) => other);
}

/** Minimum length of a name that is found in others: nearly every name contains an "s". */
const MIN_CONTAINED_LENGTH = 3;

/** Edit distance; 1 when one name contains the other, as without a suffix such as `_total`. */
function distance(a: string, b: string): number {
  if (a === b) return 0;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short.length >= MIN_CONTAINED_LENGTH && long.includes(short) ? 1 : editDistance(a, b);
}

/** Levenshtein distance: the number of letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
