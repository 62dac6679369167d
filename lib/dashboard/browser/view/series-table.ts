import { exact, format, percent } from '../model/format.ts';
import { seriesText } from '../model/queries.ts';
import { exactFilter, filterText } from '../model/search.ts';
import type { Column, LabelChoice, SeriesRow, TableData } from '../protocol.ts';
import { copyOnClick } from './clipboard.ts';
import { ColumnWidths } from './column-widths.ts';
import { el, fitChildren, setAttribute, setText } from './dom.ts';
import type { State } from './state.ts';
import { moveByKeys, VirtualRows } from './virtual-rows.ts';

export interface SeriesTable {
  readonly element: HTMLElement;
  readonly range: readonly [from: number, to: number];
  /** Whether the pointer is over the rows. */
  readonly holdsRows: boolean;
  draw(data: TableData): void;
}

/** Whether there is a pointer that can be over rows without touching them. */
const HOVER = matchMedia('(hover: hover)');

/** Number of lists of choices so far, for unique ids. */
let choiceLists = 0;

/** Creates the table of the family's series that pass the filters, largest first. */
export function createSeriesTable(state: State, onRange: () => void): SeriesTable {
  const filters = el('div', { className: 'filters', role: 'group', 'aria-label': 'Filter by label' });
  const caption = el('h3');
  const head = el('div', { role: 'rowgroup', className: 'head' });
  const body = el('div', { className: 'rows', role: 'rowgroup' });
  const table = el('div', { className: 'table series', role: 'table', 'aria-label': 'Series' }, head, body);
  const grouping = createGrouping(state);
  const empty = el('p', { className: 'empty' }, 'No series matches these filters.');
  const element = el(
    'section',
    { className: 'series-section', 'aria-label': 'Series' },
    caption,
    el('div', { className: 'filter-bar' }, filters, grouping.element),
    table,
    empty,
  );
  const widths = new ColumnWidths(table);
  let data: TableData | undefined;
  let shape = '';
  const rowAt = (index: number) => data?.rows[index - data.from];

  const rows = new VirtualRows({
    body,
    keyAt: (index) => rowAt(index)?.id ?? `unknown ${index}`,
    create: () => createSeriesRow(state),
    fill: (row, index) =>
      fillRow(row, rowAt(index), { name: state.current.open, columns: data?.columns ?? [], widths }),
    onRange,
  });
  // The worker orders rows: it must know when they have to stay in their places.
  for (const type of ['pointerenter', 'pointerleave']) body.addEventListener(type, () => onRange());
  moveByKeys(body, rows, () => data?.matching ?? 0);

  return {
    element,
    get holdsRows() {
      return HOVER.matches && body.matches(':hover');
    },
    get range() {
      return rows.range;
    },
    draw(next) {
      data = next;
      const nextShape = JSON.stringify(next.columns);
      if (nextShape !== shape) {
        head.replaceChildren(createHeadRow(next.columns, state));
        widths.reset(next.columns.map(({ title }) => title));
      }
      shape = nextShape;
      table.classList.toggle('sortable', isSortable(next.columns));
      drawFilters(filters, next.labels, state);
      grouping.draw(next);
      table.classList.toggle('wide', next.columns.length > 4);
      setText(caption, captionOf(next));
      setAttribute(table, 'aria-rowcount', String(next.matching + 1));
      table.hidden = next.matching === 0;
      empty.hidden = next.matching > 0;
      rows.setCount(next.matching);
    },
  };
}

function captionOf({ matching, series }: TableData): string {
  const rows = matching === series ? '' : `${matching.toLocaleString('en')} row${matching === 1 ? '' : 's'} of `;
  return `${rows}${series.toLocaleString('en')} series`;
}

/** Creates the menu of labels by which the rows can be grouped. */
function createGrouping(state: State): { readonly element: HTMLElement; draw(data: TableData): void } {
  const menu = el('select');
  let shown = '';
  menu.addEventListener('change', () => state.change({ group: menu.value }));
  return {
    element: el('label', {}, 'Rows', menu),
    draw({ groups, group }) {
      const key = JSON.stringify(groups);
      if (key !== shown) menu.replaceChildren(...groups.map(({ value, text }) => el('option', { value }, text)));
      shown = key;
      menu.value = group;
    },
  };
}

/** Whether there is a choice of orders. */
const isSortable = (columns: readonly Column[]) => columns.filter(({ order }) => order !== undefined).length > 1;

function createHeadRow(columns: readonly Column[], state: State): HTMLElement {
  const hasButtons = isSortable(columns);
  const cells = columns.map(({ title, order, isOrdering }) => {
    const cell = el('span', { role: 'columnheader', className: 'cell number' });
    if (isOrdering) cell.setAttribute('aria-sort', 'descending');
    if (order === undefined || !hasButtons) cell.append(title);
    else {
      cell.classList.add('c-sort');
      const button = el('button', { type: 'button', className: 'sort' }, title);
      button.addEventListener('click', () => state.change({ order }));
      cell.append(button);
    }
    return cell;
  });
  const labels = el('span', { role: 'columnheader', className: 'cell' }, 'Labels');
  return el('div', { role: 'row', className: 'row', 'aria-rowindex': '1' }, labels, ...cells);
}

/** Draws an input for each label. A label that is filtered by has one even if no series has it, to remove the filter. */
function drawFilters(filters: HTMLElement, labels: readonly LabelChoice[], state: State): void {
  const choices = new Map(labels.map(({ name, values }) => [name, values]));
  for (const name of Object.keys(state.current.filter)) if (!choices.has(name)) choices.set(name, []);
  const inputs = new Map([...filters.children].map((label) => [(label as HTMLElement).dataset.label, label]));
  for (const [name, label] of inputs) {
    const isWanted = choices.has(name ?? '') || label.contains(document.activeElement);
    if (!isWanted) label.remove();
  }
  for (const [name, values] of choices) {
    const label = inputs.get(name) ?? filters.appendChild(createFilterInput(name, state));
    drawChoices(label.querySelector('datalist')!, values);
  }
}

function createFilterInput(name: string, state: State): HTMLElement {
  const list = el('datalist', { id: `choices-${choiceLists++}` });
  const title = `A part of the value, or = and the whole of it, as in ${exactFilter('value')}`;
  const input = el('input', {
    type: 'search',
    value: filterText(state.current.filter, name),
    placeholder: 'any',
    title,
  });
  input.setAttribute('list', list.id);
  input.autocomplete = 'off';
  input.addEventListener('input', () => setFilter(state, name, input.value));
  const label = el('label', {}, el('bdi', {}, name), input, list);
  label.dataset.label = name;
  return label;
}

function drawChoices(list: HTMLElement, values: readonly string[]): void {
  const key = JSON.stringify(values);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...values.map((value) => el('option', { value })));
}

function setFilter(state: State, name: string, text: string): void {
  const { [name]: _, ...others } = state.current.filter;
  state.change({ filter: text === '' ? others : { ...others, [name]: text } });
}

/** Shows filters that changed by other means than typing. */
export function syncFilters(element: HTMLElement, state: State): void {
  for (const label of element.querySelectorAll<HTMLElement>('[data-label]')) {
    const input = label.querySelector('input')!;
    const text = filterText(state.current.filter, label.dataset.label ?? '');
    if (input.value !== text) input.value = text;
  }
}

function createSeriesRow(state: State): HTMLElement {
  const labels = el('span', { role: 'cell', className: 'cell labels' });
  const row = el('div', { role: 'row', className: 'row' }, labels);
  labels.addEventListener('click', (event) => {
    const { name, filter } = (event.target as Element).closest<HTMLElement>('.chip')?.dataset ?? {};
    if (name !== undefined && filter !== undefined) setFilter(state, name, filter);
  });
  return row;
}

function fillRow(
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
