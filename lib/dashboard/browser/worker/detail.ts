import { currentOf, type Family, observedBy, QUANTILES, quantilesOf, type Series } from '../model/family.ts';
import { createHistory, type History, interrupt, rangeOf, record } from '../model/history.ts';
import { total } from '../model/rates.ts';
import { filterer } from '../model/search.ts';
import { OBSERVATIONS_PER_SECOND, perSecond, type Unit, unitOf } from '../model/units.ts';
import type { ViewState } from '../model/url-state.ts';
import type { ChartData, Detail, Figure } from '../protocol.ts';
import { type Ranking, rank, tableOf } from './series-table.ts';

const LINES = 5;
const MOMENTS = 600;
const MAX_LABEL = 80;

/** What an open family shows. It remembers, while it is open, what the series that the filter leaves were over time. */
export interface Opened {
  detail(from: number, to: number): Detail;
  readonly family: Family;
  /** To be called after each poll that had the family. */
  polled(time: number): void;
  /** To be called when nothing is known since. */
  lost(time: number): void;
}

export function open(family: Family, { filter, order }: Pick<ViewState, 'filter' | 'order'>): Opened {
  const isFiltered = Object.keys(filter).length > 0;
  const passes = filterer(filter);
  const kept = isFiltered ? createHistory(1 + QUANTILES.length) : undefined;
  let ranking: Ranking | undefined;
  const ranked = () => {
    ranking ??= rank(isFiltered ? family.series.filter(({ labels }) => passes(labels)) : family.series, family, order);
    return ranking;
  };
  const remember = () => {
    // The lines of the chart begin when they are first drawn, unless they were kept all along.
    for (const series of ranked().series.slice(0, LINES)) series.history ??= createHistory(1);
  };
  remember();

  return {
    family,
    polled(time) {
      ranking = undefined;
      remember();
      if (kept === undefined) return;
      const { series } = ranked();
      const current = total(series.map((one) => currentOf(one, family)));
      record(kept, time, [current, ...quantilesOf(observedBy(series))], MOMENTS);
    },
    lost(time) {
      if (kept !== undefined) interrupt(kept, time, MOMENTS);
    },
    detail(from, to) {
      const { name, help, type, series } = family;
      const isLabelled = series.some(({ labels }) => labels.length > 0);
      return {
        name,
        help,
        type,
        series: series.length,
        figures: figuresOf(family, ranked().series),
        charts: chartsOf(family, ranked().series, kept ?? family.history, isFiltered),
        ...(type === 'histogram' && { distribution: distributionOf(family, ranked().series) }),
        ...(isLabelled && { table: tableOf(family, ranked(), { from, to }) }),
      };
    },
  };
}

function figuresOf(family: Family, series: readonly Series[]): Figure[] {
  const unit = unitOf(family.name, family.type);
  const current = total(series.map((one) => currentOf(one, family)));
  const sum = total(series.map(({ value }) => value));
  switch (family.type) {
    case 'counter':
      return [
        { label: 'Rate', value: current, unit: perSecond(unit) },
        { label: 'Total since its start', value: sum, unit },
      ];
    case 'histogram':
    case 'summary': {
      const quantiles = family.type === 'histogram' ? quantilesOf(observedBy(series)) : [];
      return [
        { label: 'Observations', value: current, unit: OBSERVATIONS_PER_SECOND },
        ...quantiles.map((value, i) => ({ label: nameOf(QUANTILES[i]!), value, unit })),
        ...(family.type === 'summary' && series.length === 1
          ? family.bounds.map((q, i) => ({ label: nameOf(q), value: series[0]!.points[i] ?? null, unit }))
          : []),
        { label: 'Observations since its start', value: sum, unit: { of: 'number' } },
      ];
    }
    default:
      return gaugeFigures(family, series, current, unit);
  }
}

function gaugeFigures({ history }: Family, series: readonly Series[], current: number | null, unit: Unit): Figure[] {
  const { min, max } =
    rangeOf(series.length === 1 ? (history.columns[0] ?? []) : series.map(({ value }) => value)) ?? {};
  const isOne = series.length === 1;
  return [
    { label: isOne ? 'Now' : 'Sum', value: current, unit },
    { label: isOne ? 'Lowest seen' : 'Lowest', value: min ?? null, unit },
    { label: isOne ? 'Highest seen' : 'Highest', value: max ?? null, unit },
  ];
}

const nameOf = (q: number) => `p${Number((q * 100).toPrecision(6))}`;

function chartsOf(family: Family, series: readonly Series[], history: History, isFiltered: boolean): ChartData[] {
  const unit = unitOf(family.name, family.type);
  const { times, columns } = history;
  const [currents = [], ...quantiles] = columns;
  const isDistribution = family.type === 'histogram' || family.type === 'summary';
  const names = family.type === 'histogram' ? QUANTILES : family.bounds;
  const current = total(series.map((one) => currentOf(one, family)));
  const quantilesNow = isFiltered ? quantilesOf(observedBy(series)) : family.now.slice(1);
  const charts: ChartData[] = [];
  if (quantiles.length > 0 && isDistribution && (family.type === 'histogram' || !isFiltered)) {
    const lines = quantiles.map((values, i) => ({
      label: nameOf(names[i] ?? 0),
      values,
      now: quantilesNow[i] ?? null,
    }));
    charts.push({ title: 'Quantiles', unit, times, lines });
  }
  const [title, currentUnit]: [string, Unit] = isDistribution
    ? ['Observations per second', OBSERVATIONS_PER_SECOND]
    : family.type === 'counter'
      ? ['Rate', perSecond(unit)]
      : ['Value', unit];
  const sum = { label: isFiltered ? 'all that match' : 'total', isTotal: true, values: currents, now: current };
  if (series.length < 2 && !isFiltered) {
    charts.push({
      title,
      unit: currentUnit,
      times,
      lines: [{ label: title.toLowerCase(), values: currents, now: current }],
    });
  } else {
    const lines = series.slice(0, LINES).map((one) => ({
      label: describe(one),
      values: aligned(one.history, times),
      now: currentOf(one, family),
    }));
    const hasTotal = family.type !== 'gauge' && family.type !== 'untyped' && series.length > 1;
    charts.push({ title, unit: currentUnit, times, lines: hasTotal ? [sum, ...lines] : lines });
  }
  return charts;
}

function describe({ labels }: Series): string {
  const parts: string[] = [];
  for (let i = 0; i < labels.length; i += 2) parts.push(`${labels[i]}=${labels[i + 1]}`);
  const text = parts.join(' ') || 'without labels';
  return text.length > MAX_LABEL ? `${text.slice(0, MAX_LABEL)}…` : text;
}

/** A history's values at other times; gaps where it has none. */
function aligned(history: History | undefined, times: readonly number[]): (number | null)[] {
  const at = new Map(history?.times.map((time, i) => [time, i]));
  return times.map((time) => history?.columns[0]?.[at.get(time) ?? -1] ?? null);
}

function distributionOf(family: Family, series: readonly Series[]) {
  const { bounds, counts } = observedBy(series);
  const isKnown = bounds.length > 0;
  return {
    unit: unitOf(family.name, family.type),
    bounds: isKnown ? bounds : family.bounds,
    counts: isKnown ? counts : [...family.bounds, 0].map(() => 0),
    seconds: family.elapsed,
  };
}
