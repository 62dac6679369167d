import type { Distribution, FamilyData, Labels, MetricType, SampleData, SampleValue } from './document.ts';
import { type Buckets, merge, observedBetween, quantile } from './histogram.ts';
import { createHistory, type History, type Moment, record } from './history.ts';
import { aggregate, rate } from './rates.ts';
import { findRollupCandidates, type RollupCandidates, rollupsAmong } from './rollups.ts';
import { aggregationOf, type Unit, unitOf } from './units.ts';

/** A series: its last value, and the change from the one before. */
export interface Series {
  readonly id: number;
  readonly labels: Labels;
  /** The last value; for a histogram or summary, the count. */
  value: number | null;
  /** Increase per second between the last two polls; null for a gauge. */
  rate: number | null;
  sum: number | null;
  /** Average of the observations between the last two polls. */
  average: number | null;
  /** Cumulative counts of a histogram, +Inf included; values of a summary's quantiles. */
  points: readonly (number | null)[];
  /** Observations of a histogram between the last two polls. */
  observed?: Buckets;
  /** Values over time, which only some series have. */
  history?: History;
}

export interface Family {
  readonly name: string;
  help: string;
  type: MetricType;
  /** Unit of the values; for a histogram or summary, of the observations. */
  unit: Unit;
  series: Series[];
  /** Whether a series may be the sum of others, and is then not added to them. */
  readonly canRollUp: boolean;
  /** Series that are found to be, or not to be, sums of others whenever values change. */
  candidates: RollupCandidates<Series>;
  /** Series that are the sums of others. */
  rollups: ReadonlySet<Series>;
  /** Upper bounds or quantiles of the first series. */
  bounds: readonly number[];
  /** Time (s, monotonic) of the last poll with this family; undefined before the first. */
  polledAt: number | undefined;
  /** Seconds between the last two polls. */
  elapsed: number;
  /** Values that represent the family, from the last poll with it. */
  current: readonly (number | null)[];
  /** Those values over time. */
  history: History;
}

/** A moment on both clocks. */
export interface Instant {
  /** Unix time (s) */
  readonly time: number;
  /** Time (s) on a monotonic clock */
  readonly clock: number;
}

export interface PollMoment extends Moment, Instant {}

/** Quantiles that are estimated for histograms. */
export const QUANTILES = [0.5, 0.9, 0.99] as const;

/** Number of series so far, for unique ids. */
let seriesCount = 0;

export function createFamily(name: string, { canRollUp = true } = {}): Family {
  const history = createHistory(0);
  return {
    name,
    help: '',
    type: 'untyped',
    unit: { of: 'number' },
    series: [],
    canRollUp,
    candidates: new Map(),
    rollups: new Set(),
    bounds: [],
    polledAt: undefined,
    elapsed: 0,
    current: [],
    history,
  };
}

/** Updates the family from a poll. It keeps no reference to the document but new strings. */
export function updateFamily(family: Family, data: FamilyData, moment: PollMoment): void {
  if (data.type !== family.type) family.series = [];
  family.type = data.type;
  family.help = data.help;
  family.unit = unitOf(family);
  family.elapsed = family.polledAt === undefined ? 0 : moment.clock - family.polledAt;
  family.polledAt = moment.clock;
  const bounds = boundsOf(data.samples);
  if (!isSame(bounds, family.bounds)) family.bounds = bounds;
  const series = matchSeries(family.series, data.samples);
  if (!isSame(series, family.series)) family.candidates = candidatesIn(series, family);
  family.series = series;
  for (const [i, { value }] of data.samples.entries()) updateSeries(family.series[i]!, value, family);

  family.rollups = rollupsAmong(family.candidates);
  family.current = summarize(withoutRollups(family.series, family.rollups), family);
  if (family.history.columns.length !== family.current.length) family.history = createHistory(family.current.length);
  record(family.history, moment, family.current);
  for (const series of family.series) if (series.history) record(series.history, moment, [currentOf(series, family)]);
}

/** Returns the number that represents the series: the value of a gauge, the rate of anything else. */
export function currentOf({ rate, value }: Series, { type }: Family): number | null {
  return type === 'gauge' || type === 'untyped' ? value : rate;
}

/** Returns those of the series that are the sums of others among them. */
export function rollupsIn(series: readonly Series[], family: Family): ReadonlySet<Series> {
  return series === family.series ? family.rollups : rollupsAmong(candidatesIn(series, family));
}

export function withoutRollups(series: readonly Series[], rollups: ReadonlySet<Series>): readonly Series[] {
  return rollups.size === 0 ? series : series.filter((one) => !rollups.has(one));
}

function candidatesIn(series: readonly Series[], family: Family): RollupCandidates<Series> {
  const isAdded = aggregationOf(family.unit, family.type) === 'sum';
  return family.canRollUp && isAdded ? findRollupCandidates(series) : new Map();
}

/** Returns the number that represents several series of the family. */
function aggregateSeries(series: readonly Series[], family: Family): number | null {
  return aggregate(
    series.map((one) => currentOf(one, family)),
    aggregationOf(family.unit, family.type),
  );
}

/**
 * Returns the values that represent some series of the family: their aggregated value, the quantiles of histograms, and
 * the quantiles of a single summary. Quantiles of several summaries cannot be combined.
 */
export function summarize(series: readonly Series[], family: Family): (number | null)[] {
  const current = aggregateSeries(series, family);
  if (family.type === 'histogram') return [current, ...quantilesOf(mergeObserved(series))];
  if (family.type === 'summary' && series.length === 1) return [current, ...series[0]!.points];
  return [current];
}

/** Returns the observations of several histograms between the last two polls. */
export function mergeObserved(series: readonly Series[]): Buckets {
  return merge(series.flatMap(({ observed }) => (observed === undefined ? [] : [observed])));
}

const quantilesOf = (buckets: Buckets) => QUANTILES.map((q) => quantile(q, buckets));

/** Returns the series of the samples, old and new. They are usually in the same order as before. */
function matchSeries(series: readonly Series[], samples: readonly SampleData[]): Series[] {
  let byLabels: Map<string, Series> | undefined;
  return samples.map(({ labels }, i) => {
    const inPlace = series[i];
    if (inPlace !== undefined && isSame(inPlace.labels, labels)) return inPlace;
    byLabels ??= new Map(series.map((one) => [keyOf(one.labels), one]));
    return byLabels.get(keyOf(labels)) ?? createSeries(labels);
  });
}

const keyOf = (labels: Labels) => JSON.stringify(labels);

function createSeries(labels: Labels): Series {
  return { id: seriesCount++, labels, value: null, rate: null, sum: null, average: null, points: [] };
}

function updateSeries(series: Series, value: SampleValue, family: Family): void {
  if (typeof value === 'object' && value !== null) {
    updateDistribution(series, value, family);
    return;
  }
  series.rate = family.type === 'counter' ? rate(series.value, value, family.elapsed) : null;
  series.value = value;
}

function updateDistribution(series: Series, { count, sum, points }: Distribution, { type, elapsed }: Family): void {
  const before = series.value;
  const isReset = before !== null && count < before;
  const observations = before === null ? null : isReset ? count : count - before;
  const gained = sum === null || series.sum === null ? null : isReset ? sum : sum - series.sum;
  series.rate = rate(before, count, elapsed);
  series.average = observations !== null && observations > 0 && gained !== null ? gained / observations : null;
  const values = points.map(([, value]) => value);
  if (type === 'histogram') {
    const cumulative = [...values.map((value) => value ?? 0), count];
    const bounds = points.map(([bound]) => bound);
    // Without the same bounds as before, the counts cannot be compared.
    if (before !== null && series.points.length === cumulative.length) {
      const known = series.observed?.bounds;
      const shared = known !== undefined && isSame(known, bounds) ? known : bounds;
      series.observed = observedBetween(shared, series.points as number[], cumulative);
    } else delete series.observed;
    series.points = cumulative;
  } else series.points = values;
  series.value = count;
  series.sum = sum;
}

function boundsOf(samples: readonly SampleData[]): number[] {
  const value = samples[0]?.value;
  return typeof value === 'object' && value !== null ? value.points.map(([bound]) => bound) : [];
}

function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
