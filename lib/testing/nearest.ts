import type { LabelSet } from '../metric-family.ts';
import type { ScrapedSample } from './document.ts';
import { commonLabels } from './labels.ts';

const MOST_NAMES = 3;

/** The names that may have been meant, the likeliest first. */
export function nearestNames(name: string, names: readonly string[]): string[] {
  return names
    .map((other) => ({ other, distance: distance(name, other) }))
    .filter(({ distance }) => distance <= Math.max(2, name.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MOST_NAMES)
    .map(({ other }) => other);
}

/** Those that share most labels with what is wanted first. */
export function nearestSamples(samples: readonly ScrapedSample[], wanted: LabelSet): ScrapedSample[] {
  const likeness = new Map(samples.map((sample) => [sample, commonLabels(sample.labels, wanted)]));
  return [...samples].sort((a, b) => (likeness.get(b) ?? 0) - (likeness.get(a) ?? 0));
}

/** A name that is a part of the other lacks a prefix or a suffix, such as `_total`. */
function distance(a: string, b: string): number {
  return a !== '' && b !== '' && (a.includes(b) || b.includes(a)) ? 1 : editDistance(a, b);
}

/** Levenshtein's: how many letters are to be put in, left out or replaced. */
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
