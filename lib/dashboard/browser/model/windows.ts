import { isCumulative } from './document.ts';
import type { Family, Series } from './family.ts';
import { type Buckets, merge, quantile } from './histogram.ts';
import { createHistory, type History, record } from './history.ts';
import { aggregate } from './rates.ts';
import { FIRST_POINT, type Span, SUM, VALUE } from './samples.ts';
import { aggregationOf } from './units.ts';

/** Windows (s) over which rates and quantiles can be shown. */
export const WINDOWS = [30, 60, 300, 900] as const;
export type Window = (typeof WINDOWS)[number];

/** Quantiles that are estimated for histograms. */
export const QUANTILES = [0.5, 0.95, 0.99] as const;

/** Returns the increase per second of a counter, or of the observations of a histogram or summary. */
function rateOf({ slot }: Series, { samples }: Family, span: Span): number | null {
  const increase = samples.increase(slot, VALUE, span);
  return increase === null || span.seconds <= 0 ? null : increase / span.seconds;
}

/** Returns the number of observations of histograms or summaries, together. */
export const observationsIn = (all: readonly Series[], { samples }: Family, span: Span): number =>
  all.reduce((sum, { slot }) => sum + (samples.increase(slot, VALUE, span) ?? 0), 0);

/** Returns the average of the observations of a histogram or summary. */
export function averageOf({ slot }: Series, { samples }: Family, span: Span): number | null {
  const count = samples.increase(slot, VALUE, span) ?? 0;
  const sum = samples.increase(slot, SUM, span);
  return count > 0 && sum !== null ? sum / count : null;
}

/** Returns the number that represents the series: the value of a gauge, the rate of anything else. */
export function currentOf(series: Series, family: Family, span: Span = family.span): number | null {
  return isCumulative(family.type) ? rateOf(series, family, span) : family.samples.valueAt(span.to, series.slot);
}

/** Returns the number that represents several series. */
export function currentOfAll(series: readonly Series[], family: Family, span: Span): number | null {
  const values = series.map((one) => currentOf(one, family, span));
  return aggregate(values, aggregationOf(family.unit, family.type));
}

/** Returns the observations of histograms, together. */
export function observedIn(all: readonly Series[], { samples }: Family, span: Span): Buckets {
  const byBounds = new Map<readonly number[], number[]>();
  for (const { slot, bounds } of all) {
    const total = samples.increase(slot, VALUE, span);
    if (total === null || bounds.length === 0) continue;
    const known = byBounds.get(bounds);
    const counts = known ?? new Array<number>(bounds.length + 1).fill(0);
    if (known === undefined) byBounds.set(bounds, counts);
    let below = 0;
    for (let i = 0; i <= bounds.length; i++) {
      const cumulative = i < bounds.length ? (samples.increase(slot, FIRST_POINT + i, span) ?? 0) : total;
      // A scrape is not atomic: a bucket may have been read before the one below it.
      counts[i]! += Math.max(0, cumulative - below);
      below = cumulative;
    }
  }
  return merge(Array.from(byBounds, ([bounds, counts]) => ({ bounds, counts })));
}

/**
 * Returns the values that represent some series of the family: their aggregated value, the quantiles of histograms, and
 * the quantiles of a single summary. Quantiles of several summaries cannot be combined.
 */
export function summarize(series: readonly Series[], family: Family, span: Span = family.span): (number | null)[] {
  const { type, samples, bounds } = family;
  const current = currentOfAll(series, family, span);
  if (type === 'histogram') {
    const buckets = observedIn(series, family, span);
    return [current, ...QUANTILES.map((q) => quantile(q, buckets))];
  }
  if (type !== 'summary' || series.length !== 1) return [current];
  return [current, ...bounds.map((_, i) => samples.valueAt(span.to, series[0]!.slot, FIRST_POINT + i))];
}

/** Returns the values at all samples of the family, with those of an older history before them. */
export function replay(
  { samples }: Family,
  window: number,
  valuesAt: (span: Span) => readonly (number | null)[],
  older?: History,
): History {
  const columns = samples.length === 0 ? 0 : valuesAt(samples.span(window)).length;
  const history = createHistory(columns);
  const first = samples.length === 0 ? Infinity : samples.momentAt(0).poll;
  if (older?.columns.length === columns) {
    const kept = older.polls.filter((poll) => poll < first).length;
    history.polls.push(...older.polls.slice(0, kept));
    history.times.push(...older.times.slice(0, kept));
    for (const [i, column] of history.columns.entries()) column.push(...older.columns[i]!.slice(0, kept));
  }
  for (let i = 0; i < samples.length; i++) record(history, samples.momentAt(i), valuesAt(samples.span(window, i)));
  return history;
}

/** Returns the values of a series at all samples of the family, with those of its older history before them. */
export const replaySeries = (series: Series, family: Family, window: number): History =>
  replay(family, window, (span) => [currentOf(series, family, span)], series.history);
