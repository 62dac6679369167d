import { duration, format } from '../model/format.ts';
import { rangeOf } from '../model/history.ts';
import { aggregate } from '../model/rates.ts';
import { isAbove } from '../model/thresholds.ts';
import { type Aggregation, aggregationOf, OBSERVATIONS_PER_SECOND, perSecond, type Unit } from '../model/units.ts';
import { withoutRollups } from '../model/update-family.ts';
import { observationsIn } from '../model/windows.ts';
import type { Figure } from '../protocol.ts';
import { quantileName, quantileUnit, type Selection } from './charts.ts';

const AGGREGATED: Readonly<Record<Aggregation, string>> = { sum: 'Sum', avg: 'Average', max: 'Highest' };

/** Returns the numbers to show in large type. */
export function figuresOf(selection: Selection, threshold: number | undefined): Figure[] {
  const figures = allFigures(selection);
  const compared = selection.family.type === 'histogram' ? figures.find(({ label }) => label === 'p95') : figures[0];
  return figures.map((one) => (one === compared && isAbove(one.value, threshold) ? { ...one, isAbove: true } : one));
}

function allFigures(selection: Selection): Figure[] {
  const { family, now } = selection;
  const series = withoutRollups(selection.series, selection.rollups);
  const { unit } = family;
  const [current = null, ...quantiles] = now;
  const { seconds } = family.span;
  const within = seconds > 0 ? `in ${duration(seconds)}` : 'follows with the next poll';
  const sum = () =>
    aggregate(
      series.map(({ value }) => value),
      'sum',
    );
  switch (family.type) {
    case 'counter':
      return [
        { label: 'Rate', value: current, unit: perSecond(unit), note: within },
        { label: 'Total since its start', value: sum(), unit },
      ];
    case 'histogram':
    case 'summary':
      return [
        { label: 'Observations', value: current, unit: OBSERVATIONS_PER_SECOND, note: within },
        ...quantiles.map((value, i) => ({
          label: quantileName(family, i),
          value,
          unit: quantileUnit(family),
          ...(family.type === 'histogram' && { note: `of ${format(observationsIn(series, family, family.span))}` }),
        })),
        { label: 'Observations since its start', value: sum(), unit: { of: 'number' } },
      ];
    default:
      return gaugeFigures(selection, current, unit);
  }
}

function gaugeFigures({ family, series, history }: Selection, current: number | null, unit: Unit): Figure[] {
  const isSingle = series.length === 1;
  const range = rangeOf(isSingle ? (history.columns[0] ?? []) : series.map(({ value }) => value));
  const aggregation = aggregationOf(unit, family.type);
  const seen = isSingle ? ' seen' : '';
  const figures = [
    { label: isSingle ? 'Now' : AGGREGATED[aggregation], value: current, unit },
    { label: `Lowest${seen}`, value: range?.min ?? null, unit },
    { label: `Highest${seen}`, value: range?.max ?? null, unit },
  ];
  // The aggregated value is the highest already.
  return isSingle || aggregation !== 'max' ? figures : figures.slice(1);
}
