import { exact, format, percent } from '../model/format.ts';
import type { Column, LabelChoice, SeriesRow, TableData } from '../protocol.ts';
import { el, setAttribute, setText } from './dom.ts';
import type { State } from './state.ts';
import { moveByKeys, virtualRows } from './virtual-rows.ts';

export interface SeriesTable {
  readonly element: HTMLElement;
  readonly range: readonly [from: number, to: number];
  draw(data: TableData): void;
}

/** The series of a family, the largest first, as many as pass the filters. */
export function seriesTable(state: State, onRange: () => void): SeriesTable {
  const filters = el('div', { className: 'filters', role: 'group', 'aria-label': 'Filter by label' });
  const caption = el('h3');
  const head = el('div', { role: 'rowgroup', className: 'head' });
  const body = el('div', { className: 'rows', role: 'rowgroup' });
  const table = el('div', { className: 'table series', role: 'table', 'aria-label': 'Series' }, head, body);
  const empty = el('p', { className: 'empty' }, 'No series matches these filters.');
  const element = el(
    'section',
    { className: 'series-section', 'aria-label': 'Series' },
    caption,
    filters,
    table,
    empty,
  );
  let data: TableData | undefined;
  let shape = '';

  const rows = virtualRows({
    body,
    keyAt: (index) => `${index}`,
    create: () => seriesRow(state),
    fill: (row, index) => fillRow(row, data?.rows[index - (data?.from ?? 0)], data?.columns ?? []),
    onRange,
  });
  moveByKeys(body, rows, () => data?.matching ?? 0);

  return {
    element,
    get range() {
      return rows.range;
    },
    draw(next) {
      data = next;
      const nextShape = JSON.stringify([next.columns, next.labels.map(({ name }) => name)]);
      if (nextShape !== shape) {
        head.replaceChildren(headRow(next.columns, state));
        drawFilters(filters, next.labels, state);
      }
      shape = nextShape;
      drawChoices(filters, next.labels);
      setText(caption, `${next.matching.toLocaleString('en')} series`);
      setAttribute(table, 'aria-rowcount', String(next.matching + 1));
      table.hidden = next.matching === 0;
      empty.hidden = next.matching > 0;
      rows.setCount(next.matching);
    },
  };
}

function headRow(columns: readonly Column[], state: State): HTMLElement {
  const cells = columns.map(({ title, order, isOrdering }) => {
    const cell = el('span', { role: 'columnheader', className: 'cell number' });
    if (isOrdering) cell.setAttribute('aria-sort', 'descending');
    if (order === undefined) cell.append(title);
    else {
      const button = el('button', { type: 'button', className: 'sort' }, title);
      button.addEventListener('click', () => state.change({ order }));
      cell.append(button);
    }
    return cell;
  });
  const labels = el('span', { role: 'columnheader', className: 'cell' }, 'Labels');
  return el('div', { role: 'row', className: 'row', 'aria-rowindex': '1' }, labels, ...cells);
}

function drawFilters(filters: HTMLElement, labels: readonly LabelChoice[], state: State): void {
  filters.replaceChildren(
    ...labels.map(({ name }, i) => {
      const choices = `choices-${i}`;
      const input = el('input', { type: 'search', value: state.current.filter[name] ?? '', placeholder: 'any' });
      input.setAttribute('list', choices);
      input.autocomplete = 'off';
      input.dataset.label = name;
      input.addEventListener('input', () => setFilter(state, name, input.value));
      return el('label', {}, el('bdi', {}, name), input, el('datalist', { id: choices }));
    }),
  );
}

/** The values that there are, and what the filters have become by other means than typing. */
function drawChoices(filters: HTMLElement, labels: readonly LabelChoice[]): void {
  for (const [i, { values }] of labels.entries()) {
    const list = filters.children[i]?.querySelector('datalist');
    if (!list || list.dataset.values === String(values.length)) continue;
    list.dataset.values = String(values.length);
    list.replaceChildren(...values.map((value) => el('option', { value })));
  }
}

function setFilter(state: State, name: string, text: string): void {
  const { [name]: _, ...others } = state.current.filter;
  state.change({ filter: text === '' ? others : { ...others, [name]: text } });
}

export function syncFilters(element: HTMLElement, state: State): void {
  for (const input of element.querySelectorAll<HTMLInputElement>('input[data-label]')) {
    const text = state.current.filter[input.dataset.label ?? ''] ?? '';
    if (input.value !== text) input.value = text;
  }
}

function seriesRow(state: State): HTMLElement {
  const labels = el('span', { role: 'cell', className: 'cell labels' });
  const row = el('div', { role: 'row', className: 'row' }, labels);
  labels.addEventListener('click', (event) => {
    const chip = (event.target as Element).closest<HTMLElement>('.chip');
    if (chip !== null) setFilter(state, chip.dataset.name ?? '', (chip.dataset.value ?? '').replace(/…$/, ''));
  });
  return row;
}

function fillRow(row: HTMLElement, data: SeriesRow | undefined, columns: readonly Column[]): void {
  const labels = row.firstElementChild as HTMLElement;
  const key = data === undefined ? '' : JSON.stringify(data.labels);
  if (labels.dataset.key !== key) {
    labels.dataset.key = key;
    labels.replaceChildren(...(data?.labels ?? []).map(chip));
    if (data?.labels.length === 0) labels.append(el('span', { className: 'muted' }, 'without labels'));
  }
  while (row.children.length > columns.length + 1) row.lastElementChild!.remove();
  while (row.children.length < columns.length + 1) row.append(el('span', { role: 'cell', className: 'cell number' }));
  for (const [i, { unit, title }] of columns.entries()) {
    const cell = row.children[i + 1] as HTMLElement;
    const value = data?.values[i] ?? null;
    setText(cell, data === undefined ? '' : unit === 'share' ? percent(value) : format(value, unit));
    setAttribute(cell, 'title', unit === 'share' ? '' : exact(value));
    setAttribute(cell, 'data-title', title);
    if (unit !== 'share') continue;
    // A gradient reads it: the part of the cell that is coloured.
    cell.classList.add('share');
    cell.style.setProperty('--share', `${100 * (value ?? 0)}%`);
  }
}

function chip([name, value]: readonly [string, string], index: number): HTMLElement {
  const text = `${name}: ${value}`;
  const button = el('button', { type: 'button', className: 'chip', title: `Only ${text}` });
  button.append(el('span', { className: 'chip-name' }, name), el('bdi', {}, value === '' ? '(empty)' : value));
  button.dataset.name = name;
  button.dataset.value = value;
  if (index === 0) button.dataset.focus = '';
  return button;
}
