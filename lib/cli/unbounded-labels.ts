import type { LabelSet } from '../model/metric-family.ts';

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

/** Number of values from which identifiers are reported: a service has a few ports and versions. */
const MANY_IDENTIFIERS = 10;

/** Number of characters of a value that are searched for identifiers. */
const MAX_TESTED = 1_000;

/** Parts of values that are different for each user, request or moment. */
const IDENTIFIERS = [
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i,
  /(?<![0-9a-z])(?=[a-f]*\d)[0-9a-f]{16,}(?![0-9a-z])/i,
  /(?<![\w.])\d{5,}(?![\w.])/,
  /\/\d+(?=[/?]|$)/,
  /\d{4}-\d\d-\d\dT\d\d:\d\d/,
  /[?&][\w.]+=/,
  /^[^\s@/]+@[^\s@/.]+(?:\.[^\s@/.]+)+$/,
  /^(?:\d{1,3}\.){3}\d{1,3}:\d{5}$/,
];

interface ValueCount {
  readonly values: Set<string>;
  identifiers: number;
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
    for (const name of Object.keys(labels)) this.addValue(name, labels[name] as string);
  }

  private addValue(name: string, value: string): void {
    const count = this.labels.get(name) ?? { values: new Set(), identifiers: 0, example: value };
    this.labels.set(name, count);
    if (count.values.size >= MANY_VALUES || count.values.has(value)) return;
    count.values.add(value);
    if (!isIdentifier(value)) return;
    if (count.identifiers++ === 0) count.example = value;
  }

  /** Returns the labels that look unbounded. */
  unbounded(): UnboundedLabel[] {
    return [...this.labels].flatMap(([label, { values, identifiers, example }]) => {
      const areIdentifiers = identifiers >= MANY_IDENTIFIERS && identifiers * 2 >= values.size;
      if (!areIdentifiers && values.size < MANY_VALUES) return [];
      const reason = areIdentifiers ? 'values are identifiers' : 'many values';
      return [{ family: this.family, label, values: values.size, example, reason } as const];
    });
  }
}

function isIdentifier(value: string): boolean {
  const beginning = value.slice(0, MAX_TESTED);
  return IDENTIFIERS.some((it) => it.test(beginning));
}
