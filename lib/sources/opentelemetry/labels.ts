import type { LabelSet } from '../../model/metric-family.ts';

/** Attribute that becomes a label: its key before translation, and its value as a string. */
export type Attribute = readonly [key: string, text: string];

export type LabelName = (key: string) => string;

/** Returns the attributes that have a value. */
export function attributesOf(attributes: Readonly<Record<string, unknown>>): Attribute[] {
  return Object.entries(attributes).flatMap(([key, value]) => (value == null ? [] : [[key, attributeText(value)]]));
}

/**
 * Converts attributes to labels. If several keys become the same label, its value is theirs joined by `;`, in the order
 * of the keys: Prometheus rejects a scrape in which a series has a label twice.
 */
export function labelSet(attributes: readonly Attribute[], labelName: LabelName): LabelSet {
  const byLabel = new Map<string, Attribute[]>();
  for (const attribute of attributes) {
    const label = labelName(attribute[0]);
    const others = byLabel.get(label);
    if (others === undefined) byLabel.set(label, [attribute]);
    else others.push(attribute);
  }
  return Object.fromEntries([...byLabel].map(([label, same]) => [label, joinTexts(same)]));
}

const joinTexts = (attributes: Attribute[]) =>
  attributes
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, text]) => text)
    .join(';');

/** Returns a string unchanged, and any other value as JSON (OpenTelemetry, "AnyValue … for non-OTLP protocols"). */
function attributeText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value, withNonFinite) : String(value);
}

/** JSON has no NaN and no infinities: they are strings within a list. */
function withNonFinite(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
