import type { LabelSet } from '../model/metric-family.ts';
import { identifiersIn } from './identifiers.ts';

/** A label whose values look as if there was no end to them. */
export interface UnboundedLabel {
  readonly family: string;
  readonly label: string;
  /** Number of its values, of those that were counted. */
  readonly values: number;
  readonly example: string;
  readonly reason: 'many values' | 'values are identifiers';
}

/** Number of values from which a label is reported, whatever they are. */
export const MANY_VALUES = 1_000;

/** Number of different identifiers from which a label is reported: a service has a few ports and versions. */
const MANY_IDENTIFIERS = 10;

/** Labels of buckets and quantiles, whose number the program determines. */
const BOUNDS = new Set(['le', 'quantile', 'vmrange']);

/** The label for the scraped hosts, whose names may be identifiers and whose number is that of the hosts. */
const INSTANCE = 'instance';

interface ValueCount {
  readonly values: Set<string>;
  /** Different identifiers. A part that is the same in all values, as in `/api/2/…`, is no identifier. */
  readonly identifiers: Set<string>;
  /** Number of values that contain identifiers. */
  identified: number;
  example: string;
}

/** Counts the values of each label of one family, up to `MANY_VALUES` each. */
export class LabelValues {
  private readonly family: string;
  private readonly labels = new Map<string, ValueCount>();

  constructor(family: string) {
    this.family = family;
  }

  add(labels: LabelSet): void {
    for (const name of Object.keys(labels)) if (!BOUNDS.has(name)) this.addValue(name, labels[name] as string);
  }

  private addValue(name: string, value: string): void {
    const count = this.labels.get(name) ?? newCount(value);
    this.labels.set(name, count);
    if (count.values.size >= MANY_VALUES || count.values.has(value)) return;
    count.values.add(value);
    const identifiers = name === INSTANCE ? '' : identifiersIn(value);
    if (identifiers === '') return;
    if (count.identified++ === 0) count.example = value;
    count.identifiers.add(identifiers);
  }

  /** Returns the labels that look unbounded. */
  unbounded(): UnboundedLabel[] {
    return [...this.labels].flatMap(([label, { values, identifiers, identified, example }]) => {
      const areIdentifiers = identifiers.size >= MANY_IDENTIFIERS && identified * 2 >= values.size;
      if (!areIdentifiers && values.size < MANY_VALUES) return [];
      const reason = areIdentifiers ? 'values are identifiers' : 'many values';
      return [{ family: this.family, label, values: values.size, example, reason } as const];
    });
  }
}

const newCount = (example: string): ValueCount => ({
  values: new Set(),
  identifiers: new Set(),
  identified: 0,
  example,
});
