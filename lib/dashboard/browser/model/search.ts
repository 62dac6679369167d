import type { Labels } from './document.ts';

export interface Searchable {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly series: readonly { readonly labels: Labels }[];
}

/** Where a search was found; `label` is the first label that has it, when the family itself has it not. */
export interface Match {
  readonly label?: readonly [name: string, value: string];
}

/** Every word must be somewhere: in the name, the help, the type, a label's name or a label's value, in any case. */
export function createSearch(text: string): (family: Searchable) => Match | undefined {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return (family) => {
    const own = `${family.name}\n${family.help}\n${family.type}`.toLowerCase();
    let match: Match = {};
    for (const word of words) {
      if (own.includes(word)) continue;
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
      if (value.toLowerCase().includes(word) || name.toLowerCase().includes(word)) return [name, value];
    }
  }
  return undefined;
}

/** A label's name and a part of its value, in any case; or `=` and the whole value, where one that is not there is empty. */
export type Filter = Readonly<Record<string, string>>;

/** What the filter asks of a label. Empty when it asks nothing: also of one called `constructor`. */
export const filterText = (filter: Filter, name: string) => (Object.hasOwn(filter, name) ? filter[name]! : '');

/** What asks for this value alone. */
export const exactFilter = (value: string) => `=${value}`;

/** Whether a series has all that the filter asks for. */
export function createFilter(filter: Filter): (labels: Labels) => boolean {
  const tests = Object.entries(filter).map(([name, text]) => [name, createTest(text)] as const);
  return (labels) => tests.every(([name, test]) => test(labelValue(labels, name)));
}

function createTest(text: string): (value: string | undefined) => boolean {
  if (text.startsWith('=')) return (value = '') => value === text.slice(1);
  const part = text.toLowerCase();
  return (value) => value?.toLowerCase().includes(part) === true;
}

function labelValue(labels: Labels, name: string): string | undefined {
  for (let i = 0; i < labels.length; i += 2) if (labels[i] === name) return labels[i + 1];
  return undefined;
}
