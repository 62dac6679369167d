import type { Family } from '../model/family.ts';
import { compareNaturally } from '../model/natural-sort.ts';
import type { Filter } from '../model/search.ts';
import type { ViewState } from '../model/url-state.ts';
import type { Comparison } from '../protocol.ts';
import type { ShownFamily } from './shown-family.ts';

/** Maximum number of names to choose from. */
const MAX_CHOICES = 50;

interface ComparisonOptions {
  readonly families: ReadonlyMap<string, Family>;
  readonly state: ViewState;
  /** Thresholds by the names of families. */
  readonly limits: ReadonlyMap<string, number>;
}

/** Returns the charts of the metric that is compared with the open one, and the names that contain what was typed. */
export function comparisonOf(compared: ShownFamily, { families, state, limits }: ComparisonOptions): Comparison {
  const name = comparedName(state, families);
  const family = families.get(name);
  const filter = family === undefined ? {} : filterOf(family, state.filter);
  const { window } = state;
  const shown = compared.show(name, { filter, order: 'rate', group: '', window });
  const charts = (shown?.detail({ from: 0, to: 0, limits }).charts ?? []).map((chart) => ({
    ...chart,
    title: `${chart.title} of ${name}`,
  }));
  return { choices: choicesOf(families.keys(), state), charts };
}

/** Returns the name of the family that is compared with the open one; empty without one. */
export function comparedName({ open, compare }: ViewState, families: ComparisonOptions['families']): string {
  return open !== '' && compare !== open && families.has(compare) ? compare : '';
}

/** Returns the filters by labels that the family has. */
function filterOf({ series }: Family, filter: Filter): Filter {
  const isKnown = (name: string) => series.some(({ labels }) => labels.some((text, i) => i % 2 === 0 && text === name));
  return Object.fromEntries(Object.entries(filter).filter(([name]) => isKnown(name)));
}

function choicesOf(names: Iterable<string>, { open, compare }: ViewState): string[] {
  const text = compare.toLowerCase();
  const choices: string[] = [];
  for (const name of names) {
    if (name !== open && name.toLowerCase().includes(text)) choices.push(name);
    if (choices.length === MAX_CHOICES) break;
  }
  return choices.sort(compareNaturally);
}
