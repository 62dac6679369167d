import type { LabelSet } from '../../model/metric-family.ts';

/** What will be a label: its key as it was before translation, and the text of its value. */
export type Attribute = readonly [key: string, text: string];

export type LabelName = (key: string) => string;

/** The attributes that have a value. */
export function attributesOf(attributes: Readonly<Record<string, unknown>>): Attribute[] {
  return Object.entries(attributes).flatMap(([key, value]) => (value == null ? [] : [[key, attributeText(value)]]));
}

/**
 * Where several keys become one label, its value is theirs joined by `;`, in the order of the keys: Prometheus
 * refuses a scrape in which a series has a label twice.
 */
export function labelSet(attributes: readonly Attribute[], labelName: LabelName): LabelSet {
  const byLabel = new Map<string, Attribute[]>();
  for (const attribute of attributes) {
    const label = labelName(attribute[0]);
    const others = byLabel.get(label);
    if (others === undefined) byLabel.set(label, [attribute]);
    else others.push(attribute);
  }
  return Object.fromEntries([...byLabel].map(([label, same]) => [label, joined(same)]));
}

const joined = (attributes: Attribute[]) =>
  attributes
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, text]) => text)
    .join(';');

/** Strings as they are, the rest as JSON (OpenTelemetry, "AnyValue representation for non-OTLP protocols"). */
function attributeText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value, withNonFinite) : String(value);
}

/** JSON has no NaN and no infinities: inside of a list they are strings. */
function withNonFinite(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
