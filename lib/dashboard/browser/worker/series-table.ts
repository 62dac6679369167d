import type { Family, Series } from '../model/family.ts';
import { FIRST_POINT } from '../model/samples.ts';
import { aggregationOf, OBSERVATIONS_PER_SECOND, perSecond } from '../model/units.ts';
import { withoutRollups } from '../model/update-family.ts';
import type { Order } from '../model/url-state.ts';
import { averageOf, currentOf } from '../model/windows.ts';
import type { Column, LabelChoice, SeriesRow, TableData } from '../protocol.ts';
import { quantileName } from './charts.ts';

/** Maximum number of label names with a filter. */
const MAX_LABELS = 32;

/** Maximum number of quantiles with a column. */
const MAX_QUANTILES = 3;

/** Maximum number of values to choose from in a filter, and their length. */
const MAX_CHOICES = 50;
const MAX_CHOICE_LENGTH = 100;
const MAX_VALUE_LENGTH = 300;

/** Series in order, largest first. */
export interface Ranking {
  readonly series: readonly Series[];
  /** Those that are the sums of others. */
  readonly rollups: ReadonlySet<Series>;
  readonly order: Order;
  /** Sum of the values that determine the order, without those of roll-ups. */
  readonly sum: number;
}

export function rank(series: readonly Series[], rollups: ReadonlySet<Series>, family: Family, order: Order): Ranking {
  const measure = measureOf(family, order);
  const sizes = new Map(series.map((one) => [one, measure(one) ?? Number.NEGATIVE_INFINITY]));
  // The difference of infinities is NaN, which a sort must not return.
  const sorted = [...series].sort((a, b) => sizes.get(b)! - sizes.get(a)! || 0);
  // Shares are undefined if a value is negative; NaN disables them.
  const added = withoutRollups(series, rollups);
  const sum = added.reduce((sum, one) => sum + ((measure(one) ?? 0) < 0 ? Number.NaN : (measure(one) ?? 0)), 0);
  return { series: sorted, rollups, order, sum };
}

const measureOf =
  (family: Family, order: Order) =>
  (series: Series): number | null =>
    order === 'value' ? series.value : currentOf(series, family);

/** Returns the table with the rows `from` to `to`. */
export function tableOf(family: Family, ranking: Ranking, { from, to }: { from: number; to: number }): TableData {
  const { series, rollups, sum, order } = ranking;
  const measure = measureOf(family, order);
  const share = (one: Series) => (sum > 0 && !rollups.has(one) ? (measure(one) ?? 0) / sum : null);
  const columns = columnsOf(family, order);
  return {
    labels: labelsOf(family),
    columns: columns.map(({ column }) => column),
    matching: series.length,
    from,
    rows: series.slice(from, to).map((one) => ({
      id: one.id,
      labels: labelsIn(one),
      isRollup: rollups.has(one),
      values: columns.map(({ value }) => (value === 'share' ? share(one) : value(one))),
    })),
  };
}

interface ColumnOf {
  readonly column: Column;
  readonly value: 'share' | ((series: Series) => number | null);
}

function columnsOf(family: Family, order: Order): ColumnOf[] {
  const { unit } = family;
  const share: ColumnOf = { column: { title: 'Share', unit: 'share', isOrdering: false }, value: 'share' };
  const ordered = (title: string, by: Order, unit: Column['unit']): ColumnOf => ({
    column: { title, unit, order: by, isOrdering: order === by },
    value: (series) => (by === 'value' ? series.value : currentOf(series, family)),
  });
  switch (family.type) {
    case 'counter':
      return [ordered('Rate', 'rate', perSecond(unit)), share, ordered('Total', 'value', unit)];
    case 'histogram':
    case 'summary':
      return [
        ordered('Rate', 'rate', OBSERVATIONS_PER_SECOND),
        share,
        {
          column: { title: 'Avg', unit, isOrdering: false },
          value: (series) => averageOf(series, family, family.span),
        },
        ...(family.type === 'summary' ? quantileColumns(family) : []),
        ordered('Count', 'value', { of: 'number' }),
      ];
    default:
      return [
        { column: { title: 'Value', unit, order: 'value', isOrdering: true }, value: (series) => series.value },
        ...(aggregationOf(unit, family.type) === 'sum' ? [share] : []),
      ];
  }
}

/** Returns a column for each of the highest quantiles of a summary. */
function quantileColumns(family: Family): ColumnOf[] {
  const { unit } = family;
  const columns = family.bounds.map(
    (_, i): ColumnOf => ({
      column: { title: quantileName(family, i), unit, isOrdering: false },
      value: ({ slot }) => family.samples.valueAt(family.span.to, slot, FIRST_POINT + i),
    }),
  );
  return columns.slice(-MAX_QUANTILES);
}

/** Returns the label names of the series, with the first values of each. */
function labelsOf({ series }: Family): LabelChoice[] {
  const values = new Map<string, Set<string>>();
  for (const { labels } of series) {
    for (let i = 0; i < labels.length; i += 2) {
      const known = values.get(labels[i]!);
      if (known === undefined) {
        if (values.size < MAX_LABELS) values.set(labels[i]!, new Set([labels[i + 1]!]));
      } else if (known.size < MAX_CHOICES) known.add(labels[i + 1]!);
    }
  }
  return Array.from(values, ([name, known]) => ({
    name,
    values: [...known].filter((value) => value !== '' && value.length <= MAX_CHOICE_LENGTH).sort(),
  }));
}

function labelsIn({ labels }: Series): SeriesRow['labels'] {
  const cut: SeriesRow['labels'][number][] = [];
  for (let i = 0; i < labels.length; i += 2) {
    const value = labels[i + 1]!;
    cut.push({ name: labels[i]!, value: value.slice(0, MAX_VALUE_LENGTH), isCut: value.length > MAX_VALUE_LENGTH });
  }
  return cut;
}
