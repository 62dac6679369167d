import { type Labels, labelValue } from './document.ts';

export interface Searchable {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly series: readonly { readonly labels: Labels }[];
}

/** A match of a search. `label` is set when a word matches only a label: the first one that contains it. */
export interface Match {
  readonly label?: readonly [name: string, value: string];
}

/**
 * Creates a search. Each word must occur in the name, help, type, a label's name or a label's value, or
 * in `label=value`, in any case.
 */
export function createSearch(query: string): (family: Searchable) => Match | undefined {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return (family) => {
    const text = `${family.name}\n${family.help}\n${family.type}`.toLowerCase();
    let match: Match = {};
    for (const word of words) {
      if (text.includes(word)) continue;
      const label = findLabel(family, word);
      if (label === undefined) return undefined;
      match = { label };
    }
    return match;
  };
}

function findLabel({ series }: Searchable, word: string): readonly [string, string] | undefined {
  for (const { labels } of series) {
    for (let i = 0; i < labels.length; i += 2) {
      const name = labels[i]!;
      const value = labels[i + 1]!;
      // As the page shows it. The name and the value are parts of it.
      if (`${name}=${value}`.toLowerCase().includes(word)) return [name, value];
    }
  }
  return undefined;
}

/** Filters by label name: a part of the value, in any case, or `=` and the whole value. A missing label is empty. */
export type Filter = Readonly<Record<string, string>>;

/** Returns the filter of a label, or an empty string, even for one named `constructor`. */
export const filterText = (filter: Filter, name: string) => (Object.hasOwn(filter, name) ? filter[name]! : '');

/** Returns the filter that matches only this value. */
export const exactFilter = (value: string) => `=${value}`;

/** Creates a test of whether a series passes the filter. */
export function createFilter(filter: Filter): (labels: Labels) => boolean {
  const tests = Object.entries(filter).map(([name, text]) => [name, createTest(text)] as const);
  return (labels) => tests.every(([name, test]) => test(labelValue(labels, name)));
}

function createTest(text: string): (value: string | undefined) => boolean {
  if (text.startsWith('=')) return (value = '') => value === text.slice(1);
  const part = text.toLowerCase();
  return (value) => value?.toLowerCase().includes(part) === true;
}
