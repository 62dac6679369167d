import type { Family, Series } from '../model/family.ts';
import { compareNaturally } from '../model/natural-sort.ts';
import { withoutRollups } from '../model/update-family.ts';
import type { Order } from '../model/url-state.ts';
import type { LabelChoice, SeriesRow, TableData } from '../protocol.ts';
import { EACH_SERIES, groupRows, isRowPerSeries, type RowGroup, statusLabelOf } from './row-groups.ts';
import { columnsOf, type TableColumn } from './table-columns.ts';

/** Maximum number of label names with a filter. */
const MAX_LABELS = 32;

/** Maximum number of values to choose from in a filter, and their length. */
const MAX_CHOICES = 50;
const MAX_CHOICE_LENGTH = 100;
const MAX_VALUE_LENGTH = 300;

/** Rows in order, largest first. */
export interface Ranking {
  readonly rows: readonly RowGroup[];
  /** All series that pass the filter. */
  readonly series: readonly Series[];
  /** Those that are the sums of others. */
  readonly rollups: ReadonlySet<Series>;
  readonly columns: readonly TableColumn[];
  /** Column by which rows are ordered. */
  readonly orderedBy: TableColumn;
  readonly status: string | undefined;
}

export interface RankOptions {
  readonly order: Order;
  readonly group: string;
  /** Keeps the order of the rows, as the pointer is over them. New rows follow at the end. */
  readonly before?: Ranking | undefined;
}

export function rank(
  series: readonly Series[],
  rollups: ReadonlySet<Series>,
  family: Family,
  { order, group, before }: RankOptions,
): Ranking {
  const status = statusLabelOf(family.series);
  const columns = columnsOf(family, status);
  const orderedBy = columns.find((column) => column.order === order) ?? columns[0]!;
  const rows = groupRows(isRowPerSeries(group, status) ? series : withoutRollups(series, rollups), group, status);
  const keys = before === undefined ? sizesOf(rows, orderedBy) : placesOf(rows, before);
  // The difference of infinities is NaN, which a sort must not return.
  rows.sort((a, b) => keys.get(b.id)! - keys.get(a.id)! || 0);
  return { rows, series, rollups, columns, orderedBy, status };
}

const sizesOf = (rows: readonly RowGroup[], { value }: TableColumn) =>
  new Map(rows.map(({ id, members }) => [id, value(members) ?? Number.NEGATIVE_INFINITY]));

function placesOf(rows: readonly RowGroup[], before: Ranking): Map<string, number> {
  const places = new Map(before.rows.map(({ id }, i) => [id, -i]));
  return new Map(rows.map(({ id }) => [id, places.get(id) ?? -Infinity]));
}

/**
 * Creates a function that returns the table with the rows `from` to `to`, as often as the page scrolls. Label values
 * are cut to a length.
 */
export function createTable(
  family: Family,
  ranking: Ranking,
  group: string,
): (from: number, to: number, maxLength?: number) => TableData {
  const { rows, series, rollups, columns, orderedBy, status } = ranking;
  const isRollup = ({ members }: RowGroup) => members.length === 1 && rollups.has(members[0]!);
  const added = withoutRollups(series, rollups);
  const sums = columns.map((column) => (column.isShareOfAll ? sumOf(added, column) : 0));
  const valueIn = (row: RowGroup, column: TableColumn, sum: number): number | null => {
    if (!column.isShareOfAll) return column.value(row.members);
    return sum > 0 && !isRollup(row) ? (column.value(row.members) ?? 0) / sum : null;
  };
  const labels = labelsOf(family);
  const whole = {
    labels,
    groups: groupChoices(labels, status),
    group,
    columns: columns.map((column) => {
      const { title, unit, order } = column;
      return { title, unit, ...(order && { order }), isOrdering: column === orderedBy };
    }),
    matching: rows.length,
    series: series.length,
  };
  return (from, to, maxLength = MAX_VALUE_LENGTH) => ({
    ...whole,
    from,
    rows: rows.slice(from, to).map((row) => ({
      id: row.id,
      labels: labelsIn(row, maxLength),
      isRollup: isRollup(row),
      values: columns.map((column, i) => valueIn(row, column, sums[i]!)),
    })),
  });
}

/** Returns the sum of which the column shows shares. They are undefined, and the sum NaN, if a value is negative. */
function sumOf(series: readonly Series[], { value }: TableColumn): number {
  let sum = 0;
  for (const one of series) {
    const part = value([one]) ?? 0;
    sum += part < 0 ? Number.NaN : part;
  }
  return sum;
}

/** Returns the ways to group the rows: the value for the URL, and its text. */
function groupChoices(labels: readonly LabelChoice[], status: string | undefined): TableData['groups'] {
  const each = { value: status === undefined ? '' : EACH_SERIES, text: 'each series' };
  const usual = status === undefined ? [] : [{ value: '', text: `all but ${status}` }];
  return [...usual, each, ...labels.map(({ name }) => ({ value: name, text: name }))];
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
    values: [...known].filter((value) => value !== '' && value.length <= MAX_CHOICE_LENGTH).sort(compareNaturally),
  }));
}

function labelsIn({ labels }: RowGroup, maxLength: number): SeriesRow['labels'] {
  const cut: SeriesRow['labels'][number][] = [];
  for (let i = 0; i < labels.length; i += 2) {
    const value = labels[i + 1]!;
    cut.push({ name: labels[i]!, value: value.slice(0, maxLength), isCut: value.length > maxLength });
  }
  return cut;
}
