import { exact, format, percent } from '../model/format.ts';
import { seriesText } from '../model/queries.ts';
import { exactFilter } from '../model/search.ts';
import type { Column, SeriesRow } from '../protocol.ts';
import { copyOnClick } from './clipboard.ts';
import type { ColumnWidths } from './column-widths.ts';
import { el, fitChildren, setAttribute, setText } from './dom.ts';
import { setFilter } from './label-filters.ts';
import type { State } from './state.ts';

/** Creates an empty row of the table of series. */
export function createSeriesRow(state: State): HTMLElement {
  const labels = el('span', { role: 'cell', className: 'cell labels' });
  const row = el('div', { role: 'row', className: 'row' }, labels);
  labels.addEventListener('click', (event) => {
    const { name, filter } = (event.target as Element).closest<HTMLElement>('.chip')?.dataset ?? {};
    if (name !== undefined && filter !== undefined) setFilter(state, name, filter);
  });
  return row;
}

/** Fills a row. `data` is undefined until the worker has sent it. */
export function fillSeriesRow(
  row: HTMLElement,
  data: SeriesRow | undefined,
  { name, columns, widths }: { name: string; columns: readonly Column[]; widths: ColumnWidths },
): void {
  const labels = row.firstElementChild as HTMLElement;
  const key = data === undefined ? '' : JSON.stringify([name, data.labels, data.isRollup]);
  if (labels.dataset.key !== key) {
    labels.dataset.key = key;
    labels.replaceChildren(...(data?.labels ?? []).map(createChip));
    if (data !== undefined && !data.labels.some(({ isCut }) => isCut)) labels.prepend(createCopyButton(name, data));
    if (data?.labels.length === 0) labels.append(el('span', { className: 'muted' }, 'without labels'));
    if (data?.isRollup) labels.append(el('span', { className: 'badge' }, 'sum of others, not added'));
  }
  fitChildren(row, columns.length + 1, () => el('span', { role: 'cell', className: 'cell number' }));
  for (const [i, { unit, title }] of columns.entries()) {
    const cell = row.children[i + 1] as HTMLElement;
    const value = data?.values[i] ?? null;
    const text = data === undefined ? '' : unit === 'share' ? percent(value) : format(value, unit);
    setText(cell, text);
    widths.fit(i, text);
    setAttribute(cell, 'title', unit === 'share' ? '' : exact(value));
    setAttribute(cell, 'data-title', title);
    if (unit !== 'share') continue;
    // The style sheet colours this part of the cell.
    cell.classList.add('share');
    cell.style.setProperty('--share', `${100 * (value ?? 0)}%`);
  }
}

/** Creates a button that copies the series. The style sheet draws its icon. */
function createCopyButton(name: string, { labels }: SeriesRow): HTMLElement {
  const text = seriesText(name, labels);
  const button = el('button', { type: 'button', className: 'copy', title: `Copy ${text}` });
  const show = (outcome = 'Copy this series') => setAttribute(button, 'aria-label', outcome);
  copyOnClick(button, () => text, show);
  show();
  return button;
}

function createChip({ name, value, isCut }: SeriesRow['labels'][number], index: number): HTMLElement {
  const shown = isCut ? `${value}…` : value === '' ? '(empty)' : value;
  const button = el('button', { type: 'button', className: 'chip', title: `Only ${name}: ${shown}` });
  button.append(el('span', { className: 'chip-name' }, name), el('bdi', {}, shown));
  button.dataset.name = name;
  button.dataset.filter = isCut ? value : exactFilter(value);
  if (index === 0) button.dataset.focus = '';
  return button;
}
