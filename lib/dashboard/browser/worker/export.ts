import { csvOf } from '../model/queries.ts';
import type { ViewState } from '../model/url-state.ts';
import type { Detail, ExportedFile, ExportFormat, TableData } from '../protocol.ts';

type Shown = Pick<ViewState, 'filter' | 'window'>;

/** Returns what the page shows of a metric as a file. `detail` has all rows that pass the filter, in their order. */
export function exportOf(detail: Detail, format: ExportFormat, { filter, window }: Shown): ExportedFile {
  const { name, table } = detail;
  const text = format === 'csv' ? csvOf(table === undefined ? [] : linesOf(table)) : jsonOf(detail, { filter, window });
  return { name: `${name}.${format}`, contentType: format === 'csv' ? 'text/csv' : 'application/json', text };
}

/** Returns a line for each row, with a column for each label. */
function linesOf({ columns, rows }: TableData): (string | number | null)[][] {
  const names = new Set(rows.flatMap(({ labels }) => labels.map(({ name }) => name)));
  const body = rows.map(({ labels, values }) => {
    const byName = new Map(labels.map(({ name, value }) => [name, value]));
    return [...Array.from(names, (name) => byName.get(name) ?? ''), ...values];
  });
  return [[...names, ...columns.map(({ title }) => title)], ...body];
}

function jsonOf({ name, type, help, figures, charts, distribution, table }: Detail, { filter, window }: Shown): string {
  const content = {
    name,
    type,
    help,
    time: new Date().toISOString(),
    window,
    filter,
    figures: figures.map(({ label, value, note }) => ({ label, value, note })),
    charts: charts.map(({ title, times, lines }) => ({
      title,
      times,
      lines: lines.map(({ label, values }) => ({ label, values })),
    })),
    ...(distribution && { distribution: { bounds: distribution.bounds, counts: distribution.counts } }),
    ...(table && { rows: rowsOf(table) }),
  };
  return `${JSON.stringify(content, infinityAsText, 2)}\n`;
}

function rowsOf({ columns, rows }: TableData): object[] {
  return rows.map(({ labels, values }) => ({
    labels: Object.fromEntries(labels.map(({ name, value }) => [name, value])),
    values: Object.fromEntries(columns.map(({ title }, i) => [title, values[i]])),
  }));
}

/** As in the document: JSON has no infinity. */
const infinityAsText = (_: string, value: unknown) =>
  value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : value;
