import type { MetricFamily, MetricType, Sample } from '../../lib/model/metric-family.ts';

/** A family of a JSON document, with values as in the JSON. */
export interface ReadFamily {
  readonly name: string;
  readonly help?: string;
  readonly type: MetricType;
  readonly samples: readonly { readonly labels: Record<string, string>; readonly value: unknown }[];
}

/** Reads the families of a JSON document, in any of the shapes of values. */
export function readJson(document: string): ReadFamily[] {
  const members = Object.entries(JSON.parse(document) as Record<string, { value: unknown } & Omit<ReadFamily, 'name'>>);
  return members.map(([name, { value, ...rest }]) => ({ name, ...rest, samples: readValue(value) }));
}

function readValue(value: unknown): ReadFamily['samples'] {
  if ((value ?? null) === null) return [];
  if (Array.isArray(value)) return value.map(({ '@': value, ...labels }) => ({ labels, value }));
  if (!isMap(value)) return [{ labels: {}, value }];
  return Object.entries(value).flatMap(([label, values]) =>
    Object.entries(values).map(([text, value]) => ({ labels: Object.fromEntries([[label, text]]), value })),
  );
}

/** The value of a histogram or summary is an object too, but its first member is a number, a list or null. */
function isMap(value: unknown): value is Record<string, Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const [first = {}] = Object.values(value);
  return typeof first === 'object' && first !== null && !Array.isArray(first);
}

/** Applies what the format cannot express: non-finite numbers, the sign of zero, and exemplars. */
const number = (value: number) => (Number.isFinite(value) ? value + 0 : null);

function value({ value }: Sample): unknown {
  if (typeof value === 'number') return number(value);
  const { count, sum } = value;
  const [name, keys, values] =
    'bounds' in value
      ? ['bucket', value.bounds, value.cumulativeCounts]
      : (['quantile', value.quantiles, value.values] as const);
  return {
    count,
    sum: sum === undefined ? null : number(sum),
    avg: sum === undefined ? null : number(count === 0 ? 0 : sum / count),
    [name]: keys.map((key, i) => [number(key), number(values[i] as number)]),
  };
}

/** Returns what `readJson` must read from a document of these families. */
export function asJson(families: readonly MetricFamily[]): ReadFamily[] {
  return families.map(({ name, help, type, samples }) => ({
    name,
    ...(help !== undefined && { help }),
    type,
    samples: (samples as Sample[]).map((sample) => ({
      labels: sample.labels as Record<string, string>,
      value: value(sample),
    })),
  }));
}

/** Returns the families in a canonical order, as JSON.parse moves integer-like keys to the front. A single null counts as no sample. */
export function inJsonOrder(families: readonly ReadFamily[]): string[] {
  return families
    .map(({ name, help, type, samples }) => {
      const texts = samples.map(({ labels, value }) => JSON.stringify([Object.entries(labels).sort(), value]));
      return JSON.stringify([name, help, type, texts.length === 1 && texts[0] === '[[],null]' ? [] : texts.sort()]);
    })
    .sort();
}
