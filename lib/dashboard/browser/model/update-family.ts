import { type FamilyData, isCumulative, labelsKey, type SampleData, type SampleValue } from './document.ts';
import { createFamily, type Family, type Series } from './family.ts';
import { createHistory, type PollMoment, record } from './history.ts';
import { risesAsSumOf } from './increases.ts';
import { findRollupCandidates, type RollupCandidates, rollupsAmong } from './rollups.ts';
import { FIRST_POINT, type Retention, Samples, SUM, VALUE } from './samples.ts';
import { aggregationOf, unitOf } from './units.ts';
import { currentOf, replay, replaySeries, summarize } from './windows.ts';

/** Maximum number of free slots, apart from as many as there are series. */
const MAX_FREE_SLOTS = 100;

/** Number of series so far, for unique ids. */
let seriesCount = 0;

/** Updates the family from a poll. It keeps no reference to the document but new strings. */
export function updateFamily(family: Family, data: FamilyData, moment: PollMoment, retention: Retention): void {
  describeFamily(family, data);
  const series = matchSeries(family, data.samples);
  if (!isSame(series, family.series)) family.candidates = candidatesIn(series, family);
  family.series = series;
  family.polledAt = moment.clock;
  family.bounds = series[0]?.bounds ?? [];
  for (const [i, { value }] of data.samples.entries()) series[i]!.value = countOf(value);
  family.samples.append({ moment, values: valuesOf(data.samples, series, family) }, retention);
  freeSlots(family);
  family.rollups = rollupsOf(family.candidates, family);
  updateCurrent(family, retention.window);
  if (family.history.columns.length !== family.current.length) family.history = createHistory(family.current.length);
  record(family.history, moment, family.current);
  for (const one of series) if (one.history) record(one.history, moment, [currentOf(one, family)]);
}

function updateCurrent(family: Family, window: number): void {
  family.window = window;
  family.span = family.samples.span(window);
  family.current = summarize(withoutRollups(family.series, family.rollups), family);
}

/** Computes the values that represent the family, and those of its lines, from its samples. */
export function replayFamily(family: Family, window: number): void {
  updateCurrent(family, window);
  const added = withoutRollups(family.series, family.rollups);
  family.history = replay(family, window, (span) => summarize(added, family, span), family.history);
  for (const one of family.series) if (one.history) one.history = replaySeries(one, family, window);
}

/** Sets the unit that the service states for the family, and computes again what depends on it. */
export function stateUnit(family: Family, unit: string, window: number): void {
  if (unit === family.statedUnit) return;
  family.statedUnit = unit;
  family.unit = unitOf(family);
  family.candidates = candidatesIn(family.series, family);
  family.rollups = rollupsOf(family.candidates, family);
  replayFamily(family, window);
}

/** A family in a document of the past. */
export interface PastSample {
  readonly moment: PollMoment;
  readonly data: FamilyData;
}

/** The total of all series of a family, without labels, as its only sample. */
export interface PastTotal extends PastSample {
  readonly seriesCount: number | null;
}

/** Puts samples of the past, oldest first, before those of the family. Series that are gone are left out. */
export function loadSamples(family: Family, past: readonly PastSample[], retention: Retention): void {
  const byLabels = new Map(family.series.map((one) => [labelsKey(one.labels), one]));
  const samples = past
    .filter(({ data }) => data.type === family.type)
    .map(({ moment, data }) => {
      const found = data.samples.flatMap((sample) => {
        const series = byLabels.get(labelsKey(sample.labels));
        return series !== undefined && hasBounds(series, sample.value) ? [{ series, sample }] : [];
      });
      const known = found.map(({ sample }) => sample);
      const series = found.map((one) => one.series);
      const isPartial = found.length < data.samples.length;
      return { moment, values: valuesOf(known, series, family), isPartial };
    });
  family.samples.load(samples, retention);
  family.rollups = rollupsOf(family.candidates, family);
  replayFamily(family, retention.window);
}

/** Puts the totals of a family's series before its history, where the series themselves are not known. */
export function loadTotals(family: Family, past: readonly PastTotal[], retention: Retention): void {
  const { history } = family;
  // The service's totals include roll-ups, which the family's own do not.
  if (family.rollups.size > 0) return;
  const older = createHistory(history.columns.length);
  let totals = createFamily(family.name);
  let countBefore: number | null = null;
  for (const { moment, data, seriesCount } of past) {
    // A total of other series is no increase since the one before. The line has a gap.
    if (seriesCount !== countBefore && isCumulative(data.type)) totals = createFamily(family.name);
    countBefore = seriesCount;
    updateFamily(totals, data, moment, retention);
    if (totals.current.length !== older.columns.length) return;
    record(older, moment, totals.current);
  }
  family.history = {
    polls: [...older.polls, ...history.polls],
    times: [...older.times, ...history.times],
    columns: history.columns.map((column, i) => [...(older.columns[i] ?? []), ...column]),
  };
}

/** Starts the family again when its type or the number of its buckets changes. */
function describeFamily(family: Family, { type, help, samples }: FamilyData): void {
  const isDistribution = type === 'histogram' || type === 'summary';
  const points = isDistribution ? samples.reduce((most, { value }) => Math.max(most, pointsOf(value).length), 0) : 0;
  const width = isDistribution ? FIRST_POINT + points : 1;
  if (type !== family.type || width > family.samples.width) {
    family.series = [];
    family.slots = 0;
    family.samples = new Samples(type, width);
  }
  family.type = type;
  family.help = help;
  family.unit = unitOf(family);
}

/** Returns the numbers of a poll for the family's samples. */
function valuesOf(samples: readonly SampleData[], series: readonly Series[], family: Family): Float64Array {
  const { width } = family.samples;
  const values = new Float64Array(family.slots * width).fill(Number.NaN);
  for (const [i, { value }] of samples.entries()) {
    const start = series[i]!.slot * width;
    values[start + VALUE] = countOf(value) ?? Number.NaN;
    if (typeof value !== 'object' || value === null || width <= SUM) continue;
    values[start + SUM] = value.sum ?? Number.NaN;
    const missing = family.type === 'histogram' ? 0 : Number.NaN;
    for (const [at, [, point]] of value.points.entries()) values[start + FIRST_POINT + at] = point ?? missing;
  }
  return values;
}

/** Frees the slots of series that are gone, when they are the majority. */
function freeSlots(family: Family): void {
  if (family.slots <= 2 * family.series.length + MAX_FREE_SLOTS) return;
  family.samples.remap(family.series.map(({ slot }) => slot));
  for (const [slot, series] of family.series.entries()) series.slot = slot;
  family.slots = family.series.length;
}

/** Returns those of the series that are the sums of others among them. */
export function rollupsIn(series: readonly Series[], family: Family): ReadonlySet<Series> {
  return series === family.series ? family.rollups : rollupsOf(candidatesIn(series, family), family);
}

/** A count that does not rise stays what it was. */
function rollupsOf(candidates: RollupCandidates<Series>, family: Family): ReadonlySet<Series> {
  if (!isCumulative(family.type)) return rollupsAmong(candidates);
  const wasRollup = (one: Series) =>
    family.rollups.has(one) && family.candidates.get(one)?.length === candidates.get(one)?.length;
  return rollupsAmong(candidates, (one, added) => risesAsSumOf(one, added, family) ?? wasRollup(one));
}

export function withoutRollups(series: readonly Series[], rollups: ReadonlySet<Series>): readonly Series[] {
  return rollups.size === 0 ? series : series.filter((one) => !rollups.has(one));
}

function candidatesIn(series: readonly Series[], family: Family): RollupCandidates<Series> {
  const isAdded = aggregationOf(family.unit, family.type) === 'sum';
  return family.canRollUp && isAdded ? findRollupCandidates(series) : new Map();
}

/** Returns the series of the samples, old and new. They are usually in the same order as before. */
function matchSeries(family: Family, samples: readonly SampleData[]): Series[] {
  const { series } = family;
  let byLabels: Map<string, Series> | undefined;
  return samples.map(({ labels, value }, i) => {
    const inPlace = series[i];
    if (inPlace !== undefined && isSame(inPlace.labels, labels)) return withBounds(inPlace, value, family);
    byLabels ??= new Map(series.map((one) => [labelsKey(one.labels), one]));
    const known = byLabels.get(labelsKey(labels));
    const created = { id: seriesCount, labels, value: null, slot: -1, bounds: [] };
    if (known === undefined) seriesCount++;
    return withBounds(known ?? created, value, family);
  });
}

/** Gives a series whose bounds are new a separate slot: counts of other buckets cannot be compared. */
function withBounds(series: Series, value: SampleValue, family: Family): Series {
  const isKnown = hasBounds(series, value);
  if (!isKnown) {
    const bounds = pointsOf(value).map(([bound]) => bound);
    series.bounds = isSame(bounds, family.bounds) ? family.bounds : bounds;
    if (family.bounds.length === 0) family.bounds = series.bounds;
  }
  if (!isKnown || series.slot === -1) series.slot = family.slots++;
  return series;
}

function hasBounds({ bounds }: Series, value: SampleValue): boolean {
  const points = pointsOf(value);
  return points.length === bounds.length && points.every(([bound], i) => bound === bounds[i]);
}

const pointsOf = (value: SampleValue) => (typeof value === 'object' && value !== null ? value.points : []);

const countOf = (value: SampleValue) => (typeof value === 'object' && value !== null ? value.count : value);

function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
