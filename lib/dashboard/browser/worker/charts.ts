import { isCumulative } from '../model/document.ts';
import type { Family, Series } from '../model/family.ts';
import type { History } from '../model/history.ts';
import { MAX_ERROR_SHARE } from '../model/thresholds.ts';
import { estimatedBy, OBSERVATIONS_PER_SECOND, perSecond, type Unit } from '../model/units.ts';
import { currentOfAll, QUANTILES, replay } from '../model/windows.ts';
import type { ChartData } from '../protocol.ts';
import { MAX_LINES } from './chart-lines.ts';
import type { RowGroup } from './row-groups.ts';

const MAX_LABEL = 80;

/** Series to show, with the values that represent them together, now and over time. */
export interface Selection {
  readonly family: Family;
  readonly series: readonly Series[];
  /** Largest first. */
  readonly rows: readonly RowGroup[];
  readonly window: number;
  /** Those that are the sums of others, and are not added. */
  readonly rollups: ReadonlySet<Series>;
  /** Whether these are all series of the family. */
  readonly isWhole: boolean;
  readonly now: readonly (number | null)[];
  readonly history: History;
  /** The share of requests that failed, over time; undefined if the series do not tell. */
  readonly errors?: History | undefined;
}

/** Returns the charts, the one with the number that is compared with the threshold first. */
export function chartsOf(selection: Selection, threshold: number | undefined): ChartData[] {
  const current = drawn(currentChart(selection));
  const quantiles = drawn(quantileChart(selection));
  const errors = drawn(errorChart(selection));
  return [
    ...(quantiles.lines.length > 0 ? [quantiles] : []),
    current,
    ...(errors.lines.length > 0 ? [errors] : []),
  ].map((chart, i) => (i === 0 && threshold !== undefined ? { ...chart, threshold } : chart));
}

/** Leaves out lines that have no value, and would only be in the legend. */
const drawn = (chart: ChartData): ChartData => ({
  ...chart,
  lines: chart.lines.filter(({ values }) => values.some((value) => value !== null && value !== undefined)),
});

function quantileChart({ family, now, history }: Selection): ChartData {
  const [, ...columns] = history.columns;
  const lines = columns.map((values, i) => ({ label: quantileName(family, i), values, now: now[i + 1] ?? null }));
  return { title: 'Quantiles', unit: quantileUnit(family), times: history.times, lines };
}

/** Returns the unit of the family's quantiles, which are estimates for a histogram. */
export const quantileUnit = ({ type, unit, bounds }: Family) =>
  type === 'histogram' ? estimatedBy(unit, bounds) : unit;

/** Returns the name of the i-th quantile of the family, such as `p99`. */
export function quantileName({ type, bounds }: Family, i: number): string {
  const q = (type === 'histogram' ? QUANTILES : bounds)[i] ?? 0;
  return `p${Number((q * 100).toPrecision(6))}`;
}

function currentChart({ family, series, rows, window, isWhole, now, history }: Selection): ChartData {
  const { title, unit } = titleAndUnit(family);
  const together = { values: history.columns[0] ?? [], now: now[0] ?? null };
  const chart = { title, unit, times: history.times };
  if (series.length < 2 && isWhole) return { ...chart, lines: [{ label: title.toLowerCase(), ...together }] };
  const lines = rows.slice(0, MAX_LINES).map((row) => ({
    label: describe(row),
    values: aligned(historyOf(row, family, window), history.times),
    now: currentOfAll(row.members, family, family.span),
  }));
  const hasTotal = isCumulative(family.type) && series.length > 1;
  const total = { label: isWhole ? 'total' : 'all that match', isTotal: true, ...together };
  return { ...chart, lines: hasTotal ? [total, ...lines] : lines };
}

function errorChart({ errors, history: { times, columns } }: Selection): ChartData {
  const gaps = columns[0] ?? [];
  const values = aligned(errors, times).map((value, i) => (gaps[i] === null ? null : value));
  const line = { label: 'errors', values, now: errors?.columns[0]?.at(-1) ?? null };
  return { title: 'Share of errors', unit: { of: 'ratio' }, threshold: MAX_ERROR_SHARE, times, lines: [line] };
}

function titleAndUnit({ unit, type }: Family): { title: string; unit: Unit } {
  switch (type) {
    case 'histogram':
    case 'summary':
      return { title: 'Observations per second', unit: OBSERVATIONS_PER_SECOND };
    case 'counter':
      return { title: 'Rate', unit: perSecond(unit) };
    default:
      return { title: 'Value', unit };
  }
}

/** Returns the history of a series or, for several together, what the samples contain. */
function historyOf({ members }: RowGroup, family: Family, window: number): History | undefined {
  const [one] = members;
  if (members.length === 1) return one?.history;
  return replay(family, window, (span) => [currentOfAll(members, family, span)]);
}

function describe({ labels }: RowGroup): string {
  const parts: string[] = [];
  for (let i = 0; i < labels.length; i += 2) parts.push(`${labels[i]}=${labels[i + 1]}`);
  const text = parts.join(' ') || 'without labels';
  return text.length > MAX_LABEL ? `${text.slice(0, MAX_LABEL)}…` : text;
}

/**
 * Returns the history's values at the given times: null before the first and after the last, and undefined, which a
 * line crosses, for times in between that the history does not have.
 */
function aligned(history: History | undefined, times: readonly number[]): (number | null | undefined)[] {
  const known = history?.times ?? [];
  const at = new Map(known.map((time, i) => [time, i]));
  const [first = Infinity, last = -Infinity] = [known[0], known.at(-1)];
  return times.map((time) => {
    const index = at.get(time);
    if (index !== undefined) return history!.columns[0]![index];
    return time > first && time < last ? undefined : null;
  });
}
