/** Families whose names begin alike. */
export interface Group<T> {
  /** What the names begin with, such as `http_`; empty for those that begin like no other. */
  readonly prefix: string;
  readonly families: readonly T[];
}

/** What every runtime and this package bring along: a service's own metrics go before them. */
const RUNTIMES = ['nodejs', 'go', 'jvm', 'python', 'dotnet', 'process', 'metrics'];

/** Groups by the first word of the name; first those that stand alone, then by name, then the runtime's. */
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
    else groups.push({ prefix: commonPrefix(members), families: members });
  }
  groups.sort((a, b) => rank(a) - rank(b) || (a.prefix < b.prefix ? -1 : 1));
  return alone.length === 0 ? groups : [{ prefix: '', families: alone }, ...groups];
}

const rank = ({ prefix }: Group<unknown>) => RUNTIMES.indexOf(firstWord(prefix));

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

const SEPARATORS = '_:.';

const firstWord = (name: string) => /^[_:.]*[^_:.]*/.exec(name)?.[0] ?? '';

/** Up to and with the last separator that all have in common; of sorted names, the first and the last tell. */
function commonPrefix(members: readonly { readonly name: string }[]): string {
  const first = members[0]?.name ?? '';
  const last = members.at(-1)?.name ?? '';
  let length = 0;
  while (length < first.length && first[length] === last[length]) length++;
  // A loop, since a regular expression that is anchored at the end alone would try every start.
  while (length > 0 && !SEPARATORS.includes(first.charAt(length - 1))) length--;
  const common = first.slice(0, length);
  return /[^_:.]/.test(common) ? common : firstWord(first);
}
