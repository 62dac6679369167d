import type { MetricType } from '../../lib/metric-family.ts';

/** A family of a JSON document: the samples' values are left as they are written. */
export interface ReadFamily {
  readonly name: string;
  readonly help?: string;
  readonly type: MetricType;
  readonly samples: readonly { readonly labels: Record<string, string>; readonly value: unknown }[];
}

/** The families of a JSON document, whichever of the shapes their values have. */
export function readJson(document: string): ReadFamily[] {
  const members = Object.entries(JSON.parse(document) as Record<string, { value: unknown } & Omit<ReadFamily, 'name'>>);
  return members.map(([name, { value, ...rest }]) => ({ name, ...rest, samples: readValue(value) }));
}

function readValue(value: unknown): ReadFamily['samples'] {
  if (value === null) return [];
  if (Array.isArray(value)) return value.map(({ '@': value, ...labels }) => ({ labels, value }));
  if (!isMap(value)) return [{ labels: {}, value }];
  return Object.entries(value).flatMap(([label, values]) =>
    Object.entries(values).map(([text, value]) => ({ labels: Object.fromEntries([[label, text]]), value })),
  );
}

/** A histogram's or summary's own value is an object too, but its `count` is a number. */
function isMap(value: unknown): value is Record<string, Record<string, unknown>> {
  return typeof value === 'object' && typeof (value as { count?: unknown }).count !== 'number';
}
