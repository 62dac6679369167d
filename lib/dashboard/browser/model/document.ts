/** A family of the JSON document. The document comes from the network, so every member is checked. */
export interface FamilyData {
  readonly help: string;
  readonly type: MetricType;
  readonly samples: readonly SampleData[];
}

export const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped'] as const;
export type MetricType = (typeof TYPES)[number];

/** Whether values of the type are counts since a start, of which the page shows rates. */
export const isCumulative = (type: MetricType) => type === 'counter' || type === 'histogram' || type === 'summary';

/** Label names and values, alternating: `['queue', 'a', 'domain', 'b']`. */
export type Labels = readonly string[];

/** Returns a label's value; undefined if there is no such label. */
export function labelValue(labels: Labels, name: string): string | undefined {
  for (let i = 0; i < labels.length; i += 2) if (labels[i] === name) return labels[i + 1];
  return undefined;
}

/** Returns a key that is equal for equal labels in the same order. */
export const labelsKey = (labels: Labels) => JSON.stringify(labels);

export interface SampleData {
  readonly labels: Labels;
  readonly value: SampleValue;
}

/** The value; `null` when it is missing or cannot be expressed in JSON. */
export type SampleValue = number | null | Distribution;

/** The value of a histogram or a summary. */
interface Distribution {
  readonly count: number;
  readonly sum: number | null;
  /** Pairs of upper bound and cumulative count, or of quantile and value. */
  readonly points: readonly (readonly [number, number | null])[];
}

const NON_FINITE: Readonly<Record<string, number>> = { '+Inf': Infinity, '-Inf': -Infinity };

export type Json = { readonly [name: string]: unknown };

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** Reads a family of the document. docs/formats.md describes its shapes. */
export function readFamily(raw: unknown): FamilyData {
  const { help, type, value } = isObject(raw) ? raw : {};
  const known = TYPES.find((name) => name === type) ?? 'untyped';
  return {
    help: typeof help === 'string' ? help : '',
    type: known,
    samples: samplesOf(value, known === 'histogram' || known === 'summary'),
  };
}

function samplesOf(value: unknown, isDistribution: boolean): SampleData[] {
  if (Array.isArray(value)) return value.filter(isObject).map(listed);
  if (!isObject(value) || (isDistribution && typeof value.count === 'number')) {
    return [{ labels: [], value: readValue(value) }];
  }
  return Object.entries(value).flatMap(([name, values]) =>
    Object.entries(isObject(values) ? values : {}).map(([label, value]) => ({
      labels: [name, label],
      value: readValue(value),
    })),
  );
}

function listed(sample: Json): SampleData {
  const labels: string[] = [];
  for (const name in sample) if (name !== '@') labels.push(name, String(sample[name]));
  return { labels, value: readValue(sample['@']) };
}

function readValue(value: unknown): SampleValue {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return NON_FINITE[value] ?? null;
  if (!isObject(value) || typeof value.count !== 'number') return null;
  const points = Array.isArray(value.bucket) ? value.bucket : Array.isArray(value.quantile) ? value.quantile : [];
  return {
    count: value.count,
    sum: typeof value.sum === 'number' ? value.sum : null,
    points: points.filter(isPoint),
  };
}

const isPoint = (point: unknown): point is [number, number | null] => Array.isArray(point) && Number.isFinite(point[0]);
