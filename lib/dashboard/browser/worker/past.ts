import {
  type FamilyData,
  isObject,
  type Json,
  type Labels,
  type SampleData,
  type SampleValue,
  TYPES,
} from '../model/document.ts';
import { aggregationOf, unitOf } from '../model/units.ts';

/** A family in the service's history. */
export interface PastFamily {
  readonly name: string;
  /** Unit that the family states; empty if it states none. */
  readonly unit: string;
  /** Whether it has all series. Otherwise its samples are the totals of the series, without labels. */
  readonly isWhole: boolean;
  /** Oldest first. */
  readonly moments: readonly PastMoment[];
}

interface PastMoment {
  readonly age: number;
  readonly data: FamilyData;
  /** Number of series in the totals. */
  readonly seriesCount: number | null;
}

type Columns = readonly (readonly (number | null)[])[];

/**
 * Columns of the totals of numbers. Those of histograms and summaries are laid out like a series, followed by the number
 * of series.
 */
const [SUM, COUNT, MAX] = [0, 1, 2];

/** Reads the document of the history. docs/dashboard.md describes it. */
export function readHistory(document: object): PastFamily[] {
  const { ages, families } = document as Json;
  if (!Array.isArray(ages) || !isObject(families)) return [];
  return Object.entries(families).flatMap(([name, raw]) => (isObject(raw) ? [readFamily(name, raw, ages)] : []));
}

function readFamily(name: string, raw: Json, ages: readonly number[]): PastFamily {
  const type = TYPES.find((known) => known === raw.type) ?? 'untyped';
  const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
  const help = textOf(raw.help);
  const unit = textOf(raw.unit);
  const points = Array.isArray(raw.points) ? (raw.points as number[]) : undefined;
  const isWhole = raw.leftOut === 0;
  const aggregation = aggregationOf(unitOf({ name, type, help, statedUnit: unit }), type);
  const valueAt = (columns: Columns, i: number) => numbersOf(columns, i, points);
  const totals = (raw.totals ?? []) as Columns;
  const series = (Array.isArray(raw.series) ? raw.series : []) as { labels: Labels; columns: Columns }[];

  function samplesAt(i: number): SampleData[] {
    if (isWhole) return series.map(({ labels, columns }) => ({ labels, value: valueAt(columns, i) }));
    if (points !== undefined) return [{ labels: [], value: valueAt(totals.slice(0, -1), i) }];
    const at = (column: number) => totals[column]?.[i] ?? null;
    const sum = at(SUM);
    const average = sum === null ? null : sum / (at(COUNT) ?? 1);
    return [{ labels: [], value: { sum, avg: average, max: at(MAX) }[aggregation] }];
  }

  const counts = points === undefined ? totals[COUNT] : totals.at(-1);
  const moments = ages.map((age, i) => ({
    age,
    seriesCount: counts?.[i] ?? null,
    data: { type, help, samples: samplesAt(i).filter(({ value }) => value !== null) },
  }));
  return { name, unit, isWhole, moments: moments.filter(({ data }) => data.samples.length > 0) };
}

function numbersOf(columns: Columns, i: number, points: readonly number[] | undefined): SampleValue {
  const first = columns[0]?.[i] ?? null;
  if (points === undefined || first === null) return first;
  // The totals of summaries have no quantiles.
  const known = points.slice(0, Math.max(0, columns.length - 2));
  return {
    count: first,
    sum: columns[1]?.[i] ?? null,
    points: known.map((point, n) => [point, columns[n + 2]?.[i] ?? null] as const),
  };
}
