import { type Labels, labelValue } from '../model/document.ts';
import type { Series } from '../model/family.ts';

/** A row of the table: one series, or all that have the same values of some labels. */
export interface RowGroup {
  /** Identifies the row, wherever it is. */
  readonly id: string;
  readonly labels: Labels;
  readonly members: readonly Series[];
}

/** Names of labels that tell whether a request failed. */
const STATUS_LABELS = ['status_code', 'http_response_status_code', 'http.response.status_code', 'status', 'code'];

/** Value of `group` for a row for each series. */
export const EACH_SERIES = '*';

/** Returns the name of the label with the status of a request, if there is one. */
export function statusLabelOf(series: readonly Series[]): string | undefined {
  const isStatus = (name: string) =>
    series.some(({ labels }) => /^[1-5](\d\d|xx)$/i.test(labelValue(labels, name) ?? ''));
  return STATUS_LABELS.find(isStatus);
}

/** Whether the series counts requests that failed. */
export function hasFailed({ labels }: Series, status: string): boolean {
  return /^5(\d\d|xx)$/i.test(labelValue(labels, status) ?? '');
}

/** Whether the rows of a group are single series. `status` is the label that `statusLabelOf` returns. */
export const isRowPerSeries = (group: string, status: string | undefined) =>
  group === EACH_SERIES || (group === '' && status === undefined);

/**
 * Groups series by a label. With an empty name, series that differ only in the status are one row, so that it has a
 * share of errors.
 */
export function groupRows(series: readonly Series[], group: string, status: string | undefined): RowGroup[] {
  if (isRowPerSeries(group, status))
    return series.map((one) => ({ id: `series ${one.id}`, labels: one.labels, members: [one] }));
  const rows = new Map<string, { id: string; labels: Labels; members: Series[] }>();
  for (const one of series) {
    const labels = group === '' ? withoutLabel(one.labels, status!) : [group, labelValue(one.labels, group) ?? ''];
    const id = JSON.stringify(labels);
    const row = rows.get(id);
    if (row === undefined) rows.set(id, { id, labels, members: [one] });
    else row.members.push(one);
  }
  return [...rows.values()];
}

const withoutLabel = (labels: Labels, name: string) => labels.filter((_, i) => labels[i - (i % 2)] !== name);
