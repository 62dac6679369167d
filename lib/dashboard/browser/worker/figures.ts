import { rangeOf } from '../model/history.ts';
import { aggregate } from '../model/rates.ts';
import {
  type Aggregation,
  aggregationOf,
  OBSERVATIONS_PER_SECOND,
  perSecond,
  type Unit,
  unitOf,
} from '../model/units.ts';
import type { Figure } from '../protocol.ts';
import { quantileName, type Selection } from './charts.ts';

/** The numbers that are worth a large font. */
export function figuresOf(drawn: Selection): Figure[] {
  const { family, series, now } = drawn;
  const unit = unitOf(family.name, family.type);
  const [current = null, ...quantiles] = now;
  const sum = () =>
    aggregate(
      series.map(({ value }) => value),
      'sum',
    );
  switch (family.type) {
    case 'counter':
      return [
        { label: 'Rate', value: current, unit: perSecond(unit) },
        { label: 'Total since its start', value: sum(), unit },
      ];
    case 'histogram':
    case 'summary':
      return [
        { label: 'Observations', value: current, unit: OBSERVATIONS_PER_SECOND },
        ...quantiles.map((value, i) => ({ label: quantileName(family, i), value, unit })),
        { label: 'Observations since its start', value: sum(), unit: { of: 'number' } },
      ];
    default:
      return gaugeFigures(drawn, current, unit);
  }
}

function gaugeFigures({ family, series, history }: Selection, current: number | null, unit: Unit): Figure[] {
  const isOne = series.length === 1;
  const range = rangeOf(isOne ? (history.columns[0] ?? []) : series.map(({ value }) => value));
  const pooling = aggregationOf(unit, family.type);
  const seen = isOne ? ' seen' : '';
  const figures = [
    { label: isOne ? 'Now' : POOLED[pooling], value: current, unit },
    { label: `Lowest${seen}`, value: range?.min ?? null, unit },
    { label: `Highest${seen}`, value: range?.max ?? null, unit },
  ];
  // The highest is there already.
  return isOne || pooling !== 'max' ? figures : figures.slice(1);
}

const POOLED: Readonly<Record<Aggregation, string>> = { sum: 'Sum', avg: 'Average', max: 'Highest' };
