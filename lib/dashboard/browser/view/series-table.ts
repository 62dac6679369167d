import type { Column, TableData } from '../protocol.ts';
import { ColumnWidths } from './column-widths.ts';
import { el, isPointedAt, setAttribute, setText } from './dom.ts';
import { createLabelFilters } from './label-filters.ts';
import { createSeriesRow, fillSeriesRow } from './series-row.ts';
import type { State } from './state.ts';
import { moveByKeys, VirtualRows } from './virtual-rows.ts';

export interface SeriesTable {
  readonly element: HTMLElement;
  readonly range: readonly [from: number, to: number];
  /** Whether the pointer is over the rows. */
  readonly holdsRows: boolean;
  draw(data: TableData): void;
}

/** The series of a family that pass the filters, in order, with the fields that filter and group them. */
export function createSeriesTable(state: State, onRange: () => void): SeriesTable {
  const filters = createLabelFilters(state);
  const grouping = createGrouping(state);
  const table = createRows(state, onRange);
  const caption = el('h3');
  const empty = el('p', { className: 'empty' }, 'No series matches these filters.');
  const bar = el('div', { className: 'filter-bar' }, filters.element, grouping.element);
  const properties = { className: 'series-section', 'aria-label': 'Series' };
  return {
    element: el('section', properties, caption, bar, table.element, empty),
    get holdsRows() {
      return table.holdsRows;
    },
    get range() {
      return table.range;
    },
    draw(data) {
      setText(caption, captionOf(data));
      filters.draw(data.labels);
      grouping.draw(data);
      empty.hidden = data.matching > 0;
      table.draw(data);
    },
  };
}

/** Creates the table alone. */
function createRows(state: State, onRange: () => void): SeriesTable {
  const head = el('div', { role: 'rowgroup', className: 'head' });
  const body = el('div', { className: 'rows', role: 'rowgroup' });
  const element = el('div', { className: 'table series', role: 'table', 'aria-label': 'Series' }, head, body);
  const widths = new ColumnWidths(element);
  let data: TableData | undefined;
  let shape = '';
  const rowAt = (index: number) => data?.rows[index - data.from];
  const rows = new VirtualRows({
    body,
    keyAt: (index) => rowAt(index)?.id ?? `unknown ${index}`,
    create: () => createSeriesRow(state),
    fill: (row, index) =>
      fillSeriesRow(row, rowAt(index), { name: state.current.open, columns: data?.columns ?? [], widths }),
    onRange,
  });
  // The worker orders rows: it must know when they have to stay in their places.
  for (const type of ['pointerenter', 'pointerleave']) body.addEventListener(type, () => onRange());
  moveByKeys(body, rows, () => data?.matching ?? 0);

  function drawHead(columns: readonly Column[]): void {
    const nextShape = JSON.stringify(columns);
    if (nextShape === shape) return;
    shape = nextShape;
    head.replaceChildren(createHeadRow(columns, state));
    widths.reset(columns.map(({ title }) => title));
    element.classList.toggle('sortable', isSortable(columns));
    element.classList.toggle('wide', columns.length > 4);
  }

  return {
    element,
    get holdsRows() {
      return isPointedAt(body);
    },
    get range() {
      return rows.range;
    },
    draw(next) {
      data = next;
      drawHead(next.columns);
      setAttribute(element, 'aria-rowcount', String(next.matching + 1));
      element.hidden = next.matching === 0;
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
