import { type Labels, labelsKey } from './document.ts';

/** A series with a value that can be compared; the count of a histogram or summary. */
export interface Countable {
  readonly labels: Labels;
  readonly value: number | null;
}

/**
 * The series that may be sums of others, with those others: `service="smtp_client"` with all
 * `service="smtp_client:…"` whose other labels are the same. Those with the longest values come first.
 */
export type RollupCandidates<S extends Countable> = ReadonlyMap<S, readonly S[]>;

/** Separates the parts of a label value, as in `smtp_client:source:destination`. */
const SEPARATOR = ':';

/** Maximum difference of a roll-up from the sum, relative to the larger, as a scrape is not atomic. */
export const TOLERANCE = 0.01;

/** Finds series of which a label's value is the part before `:` of that of others. */
export function findRollupCandidates<S extends Countable>(series: readonly S[]): RollupCandidates<S> {
  const parts = series.filter(({ labels }) => labels.some((text, i) => i % 2 === 1 && text.includes(SEPARATOR)));
  if (parts.length === 0) return new Map();
  const byLabels = new Map(series.map((one) => [labelsKey(one.labels), one]));
  const found = new Map<S, S[]>();
  for (const part of parts) {
    for (const key of keysOfSums(part.labels)) {
      const sum = byLabels.get(key);
      if (sum === undefined) continue;
      const known = found.get(sum);
      if (known === undefined) found.set(sum, [part]);
      else known.push(part);
    }
  }
  return new Map([...found].sort(([a], [b]) => lengthOf(b.labels) - lengthOf(a.labels)));
}

/**
 * Returns the candidates whose value equals the sum of the others, without counting a value twice. A larger one is a sum
 * if `isSumOf` says so: a total keeps the count of parts that are gone.
 */
export function rollupsAmong<S extends Countable>(
  candidates: RollupCandidates<S>,
  isSumOf: (candidate: S, added: readonly S[]) => boolean = () => false,
): ReadonlySet<S> {
  const rollups = new Set<S>();
  for (const [candidate, parts] of candidates) {
    // Parts have longer values than the candidate. It is known, therefore, which of them are sums themselves.
    const added = parts.filter((part) => !rollups.has(part));
    const sum = added.reduce((before, { value }) => before + (value ?? 0), 0);
    if (isAlmost(candidate.value, sum) || ((candidate.value ?? 0) > sum && isSumOf(candidate, added)))
      rollups.add(candidate);
  }
  return rollups;
}

const isAlmost = (value: number | null, sum: number) =>
  value !== null &&
  Number.isFinite(value) &&
  Math.abs(value - sum) <= TOLERANCE * Math.max(Math.abs(value), Math.abs(sum));

/** Returns the keys of the labels with each part before `:` in place of one value. */
function* keysOfSums(labels: Labels): Generator<string> {
  for (let i = 1; i < labels.length; i += 2) {
    const text = labels[i]!;
    for (let at = text.indexOf(SEPARATOR); at > 0; at = text.indexOf(SEPARATOR, at + 1)) {
      yield labelsKey(labels.with(i, text.slice(0, at)));
    }
  }
}

const lengthOf = (labels: Labels) => labels.reduce((sum, { length }) => sum + length, 0);
