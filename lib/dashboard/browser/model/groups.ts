import { compareNaturally } from './natural-sort.ts';

/** Families whose names have the same prefix. */
export interface Group<T> {
  /** Common prefix, such as `http_`; empty for families whose prefix no other has. */
  readonly prefix: string;
  readonly families: readonly T[];
}

/** First words of metrics from runtimes and this package. They are listed after the service's metrics. */
const RUNTIMES = ['nodejs', 'go', 'jvm', 'python', 'dotnet', 'process', 'metrics'];

const SEPARATORS = '_:.';

/** Groups by the first word of the name: first families without a group, then groups by name, then the runtime's. */
export function groupByPrefix<T extends { readonly name: string }>(families: readonly T[]): Group<T>[] {
  const byWord = new Map<string, T[]>();
  for (const family of [...families].sort(byName)) {
    const word = firstWord(family.name);
    const group = byWord.get(word);
    if (group === undefined) byWord.set(word, [family]);
    else group.push(family);
  }
  const alone: T[] = [];
  const groups: Group<T>[] = [];
  for (const [word, members] of byWord) {
    if (members.length === 1 && !RUNTIMES.includes(word)) alone.push(...members);
    else groups.push({ prefix: commonPrefix(members), families: [...members].sort(naturally) });
  }
  groups.sort((a, b) => rank(a) - rank(b) || compareNaturally(a.prefix, b.prefix));
  alone.sort(naturally);
  return alone.length === 0 ? groups : [{ prefix: '', families: alone }, ...groups];
}

const rank = ({ prefix }: Group<unknown>) => RUNTIMES.indexOf(firstWord(prefix));

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

const naturally = (a: { name: string }, b: { name: string }) => compareNaturally(a.name, b.name);

const firstWord = (name: string) => /^[_:.]*[^_:.]*/.exec(name)?.[0] ?? '';

/** Returns the common prefix of sorted names, up to and including its last separator. */
function commonPrefix(members: readonly { readonly name: string }[]): string {
  const first = members[0]?.name ?? '';
  const last = members.at(-1)?.name ?? '';
  let length = 0;
  while (length < first.length && first[length] === last[length]) length++;
  // A regular expression anchored only at the end would take quadratic time.
  while (length > 0 && !SEPARATORS.includes(first.charAt(length - 1))) length--;
  const common = first.slice(0, length);
  return /[^_:.]/.test(common) ? common : firstWord(first);
}
