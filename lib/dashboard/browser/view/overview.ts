import { exact, format } from '../model/format.ts';
import type { Catalogue, Entry, Row, ViewUpdate } from '../protocol.ts';
import { el, setAttribute, setText } from './dom.ts';
import { createSparkline, type Sparkline } from './sparkline.ts';
import type { State } from './state.ts';
import { createVirtualRows, moveByKeys } from './virtual-rows.ts';

export interface Overview {
  readonly onScreen: readonly string[];
  show(seen: ViewUpdate): void;
  /** Draws anew after a change of what is pinned or folded. */
  refresh(): void;
  focus(name: string): void;
}

type Line =
  | { readonly prefix: string; readonly title: string; readonly count: number; readonly isFolded: boolean }
  | { readonly entry: Entry; readonly isPinned: boolean };

/** All families, in groups that fold. */
export function createOverview(section: HTMLElement, state: State, onScreenChanged: () => void): Overview {
  let catalogue: Catalogue | undefined;
  let lines: Line[] = [];
  const latest = new Map<string, Row>();
  const views = new WeakMap<HTMLElement, FamilyRow>();

  const body = el('div', { className: 'rows', role: 'rowgroup' });
  const head = el('div', { role: 'rowgroup', className: 'head' }, createHeadRow());
  const table = el('div', { className: 'table families', role: 'table', 'aria-label': 'Metrics' }, head, body);
  const empty = el('p', { className: 'empty', hidden: true });
  const note = el('p', { className: 'note', hidden: true });
  section.append(table, empty, note);

  const rows = createVirtualRows({
    body,
    keyAt: (index) => keyOf(lines[index]!),
    create(index) {
      const line = lines[index]!;
      if (!('entry' in line)) return createGroupRow(state);
      const view = createFamilyRow(state);
      views.set(view.element, view);
      return view.element;
    },
    fill(row, index) {
      const line = lines[index]!;
      if ('entry' in line) views.get(row)!.fill(line, latest.get(line.entry.name));
      else fillGroup(row, line);
    },
    onRange: onScreenChanged,
  });
  moveByKeys(body, rows, () => lines.length);

  function refresh(): void {
    if (catalogue === undefined) return;
    lines = linesOf(catalogue, state);
    setAttribute(table, 'aria-rowcount', String(lines.length + 1));
    table.hidden = lines.length === 0;
    empty.hidden = lines.length > 0;
    setText(empty, state.current.search === '' ? 'There are no metrics.' : 'No metric matches this search.');
    const listed = catalogue.groups.reduce((sum, group) => sum + group.families.length, 0);
    note.hidden = listed === catalogue.matchCount;
    setText(
      note,
      `${listed.toLocaleString('en')} of ${catalogue.matchCount.toLocaleString('en')} are listed: search for others.`,
    );
    rows.setCount(lines.length);
  }

  return {
    get onScreen() {
      const [from, to] = rows.range;
      return lines.slice(from, to).flatMap((line) => ('entry' in line ? [line.entry.name] : []));
    },
    show(seen) {
      for (const row of seen.rows) latest.set(row.name, row);
      if (seen.catalogue === undefined) return rows.refresh();
      catalogue = seen.catalogue;
      refresh();
      onScreenChanged();
    },
    refresh,
    focus(name) {
      rows.focus(lines.findIndex((line) => 'entry' in line && line.entry.name === name));
    },
  };
}

const COLUMNS = ['c-pin', 'c-name', 'c-type', 'c-help', 'c-series', 'c-spark', 'c-now'];

function createHeadRow(): HTMLElement {
  const titles = ['Pinned', 'Name', 'Type', 'Help', 'Series', 'Since opened', 'Now'];
  const cells = titles.map((title, i) => {
    const text = i === 0 ? el('span', { className: 'unseen' }, title) : title;
    return el('span', { role: 'columnheader', className: `cell ${COLUMNS[i]}` }, text);
  });
  return el('div', { role: 'row', className: 'row', 'aria-rowindex': '1' }, ...cells);
}

function linesOf({ groups }: Catalogue, { current }: State): Line[] {
  const pins = new Map(current.pins.map((name, i) => [name, i]));
  const all = groups.flatMap(({ families }) => families);
  const pinned = all.filter(({ name }) => pins.has(name)).sort((a, b) => pins.get(a.name)! - pins.get(b.name)!);
  const lines: Line[] = pinned.map((entry) => ({ entry, isPinned: true }));
  for (const { prefix, families } of groups) {
    const others = families.filter(({ name }) => !pins.has(name));
    if (others.length === 0) continue;
    // What a search finds is shown, folded or not.
    const isFolded = current.search === '' && current.folded.includes(prefix);
    lines.push({ prefix, title: prefix === '' ? 'Ungrouped' : `${prefix}…`, count: others.length, isFolded });
    if (!isFolded) lines.push(...others.map((entry) => ({ entry, isPinned: false })));
  }
  return lines;
}

const keyOf = (line: Line) => ('entry' in line ? `family ${line.entry.name}` : `group ${line.prefix}`);

function createGroupRow(state: State): HTMLElement {
  const button = el('button', { type: 'button', className: 'fold', 'data-focus': '' });
  button.append(el('span', { className: 'fold-title' }), el('span', { className: 'count' }));
  const cell = el('span', { role: 'cell', className: 'cell', 'aria-colspan': '7' }, button);
  const row = el('div', { role: 'row', className: 'row group' }, cell);
  button.addEventListener('click', () => {
    const prefix = row.dataset.prefix ?? '';
    const { folded } = state.current;
    state.change({ folded: folded.includes(prefix) ? folded.filter((one) => one !== prefix) : [...folded, prefix] });
  });
  return row;
}

function fillGroup(row: HTMLElement, line: Exclude<Line, { entry: Entry }>): void {
  row.dataset.prefix = line.prefix;
  const button = row.querySelector('button')!;
  setAttribute(button, 'aria-expanded', String(!line.isFolded));
  setText(button.children[0]!, line.title);
  setText(button.children[1]!, String(line.count));
}

interface FamilyRow {
  readonly element: HTMLElement;
  fill(line: Extract<Line, { entry: Entry }>, row: Row | undefined): void;
}

function createFamilyRow(state: State): FamilyRow {
  const pin = el('button', { type: 'button', className: 'pin' });
  const link = el('a', { className: 'name', 'data-focus': '' });
  const badge = el('span', { className: 'badge' });
  const help = el('span', { className: 'help' });
  const label = el('span', { className: 'hit' });
  const series = el('span', { role: 'cell', className: 'cell c-series' });
  const spark: Sparkline = createSparkline();
  const value = el('span', { className: 'value' });
  const kind = el('span', { className: 'kind' });
  const element = el(
    'div',
    { role: 'row', className: 'row family' },
    el('span', { role: 'cell', className: 'cell c-pin' }, pin),
    el('span', { role: 'cell', className: 'cell c-name' }, link),
    el('span', { role: 'cell', className: 'cell c-type' }, badge),
    el('span', { role: 'cell', className: 'cell c-help' }, label, help),
    series,
    el('span', { role: 'cell', className: 'cell c-spark' }, spark.element),
    el('span', { role: 'cell', className: 'cell c-now' }, kind, value),
  );
  let name = '';
  pin.addEventListener('click', () => {
    const { pins } = state.current;
    state.change({ pins: pins.includes(name) ? pins.filter((one) => one !== name) : [...pins, name] });
  });
  const open = () => state.change({ open: name, filter: {} }, { isStep: true });
  link.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  // The whole row is easier to hit; it is the link that can be reached otherwise.
  element.addEventListener('click', (event) => {
    const isText = (getSelection()?.toString() ?? '') !== '';
    if (!isText && (event.target as Element).closest('a, button') === null) open();
  });

  return {
    element,
    fill({ entry, isPinned }, row) {
      name = entry.name;
      setAttribute(pin, 'aria-pressed', String(isPinned));
      setAttribute(pin, 'aria-label', `Pin ${name}`);
      setText(link, name);
      setAttribute(link, 'title', name);
      setAttribute(link, 'href', state.link({ open: name, filter: {} }));
      setText(badge, entry.type);
      setAttribute(badge, 'data-type', entry.type);
      setText(help, entry.help);
      setAttribute(help, 'title', entry.help);
      label.hidden = entry.label === undefined;
      setText(label, entry.label === undefined ? '' : `${entry.label[0]}=${entry.label[1]}`);
      const count = row?.series ?? entry.series;
      setText(series, count === 1 ? '' : count.toLocaleString('en'));
      setText(value, format(row?.value, row?.unit));
      setAttribute(value, 'title', exact(row?.value ?? null));
      setText(kind, row?.kind ?? '');
      spark.draw(row?.times ?? [], row?.values ?? [], row?.unit ?? { of: 'number' });
    },
  };
}
