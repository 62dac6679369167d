import { duration } from '../model/format.ts';
import { extentOf, type TimeRange } from '../model/time-selection.ts';
import type { Catalogue, Row, ViewUpdate } from '../protocol.ts';
import { ColumnWidths } from './column-widths.ts';
import { toggled } from './controls.ts';
import { el, setAttribute, setText } from './dom.ts';
import { type FamilyLine, FamilyRow } from './family-row.ts';
import { createFirstScreen, type FirstScreenView } from './first-screen.ts';
import type { State } from './state.ts';
import { moveByKeys, VirtualRows } from './virtual-rows.ts';

/** The heading of a group of families. */
interface GroupLine {
  readonly prefix: string;
  readonly title: string;
  readonly count: number;
  readonly isFolded: boolean;
}

type Line = GroupLine | FamilyLine;

const COLUMNS: readonly (readonly [className: string, title: string])[] = [
  ['c-pin', 'Pinned'],
  ['c-name', 'Name'],
  ['c-type', 'Type'],
  ['c-help', 'Help'],
  ['c-series', 'Series'],
  // The time that the lines show, as in "Last 15 min".
  ['c-spark', ''],
  ['c-now', 'Now'],
];

/** The list of all families, in groups that can be folded. */
export class Overview {
  private readonly state: State;
  private readonly onScreenChanged: () => void;
  private readonly body = el('div', { className: 'rows', role: 'rowgroup' });
  private readonly table: HTMLElement;
  /** Widths of the numbers of series and the values. */
  private readonly widths: ColumnWidths;
  private readonly first: FirstScreenView;
  private readonly lineTitle: HTMLElement;
  private readonly empty = el('p', { className: 'empty', hidden: true });
  private readonly note = el('p', { className: 'note', hidden: true });
  private readonly rows: VirtualRows;
  private readonly familyRows = new WeakMap<HTMLElement, FamilyRow>();
  private readonly latest = new Map<string, Row>();
  private catalogue: Catalogue | undefined;
  private lines: Line[] = [];
  /** The time that the lines on screen show. */
  private range: TimeRange = extentOf([]);

  constructor(section: HTMLElement, state: State, onScreenChanged: () => void) {
    this.state = state;
    this.onScreenChanged = onScreenChanged;
    this.first = createFirstScreen(state);
    const head = el('div', { role: 'rowgroup', className: 'head' }, createHeadRow());
    const properties = { className: 'table families', role: 'table', 'aria-label': 'Metrics' };
    this.table = el('div', properties, head, this.body);
    this.lineTitle = head.querySelector('.c-spark')!;
    this.widths = new ColumnWidths(this.table);
    this.widths.reset(['Series', 'Now']);
    section.append(this.first.element, this.table, this.empty, this.note);
    this.rows = new VirtualRows({
      body: this.body,
      keyAt: (index) => keyOf(this.lines[index]!),
      create: (index) => this.createRow(this.lines[index]!),
      fill: (row, index) => this.fillRow(row, this.lines[index]!),
      onRange: onScreenChanged,
    });
    moveByKeys(this.body, this.rows, () => this.lines.length);
  }

  /** The names of the families on screen. */
  get onScreen(): readonly string[] {
    const [from, to] = this.rows.range;
    return this.lines.slice(from, to).flatMap((line) => ('entry' in line ? [line.entry.name] : []));
  }

  show({ rows, catalogue, firstScreen }: ViewUpdate): void {
    if (firstScreen === undefined) this.first.element.hidden = true;
    else this.first.draw(firstScreen);
    for (const row of rows) this.latest.set(row.name, row);
    this.showRange(extentOf(rows.map(({ times }) => times)));
    if (catalogue === undefined) {
      this.rows.refresh();
      return;
    }
    this.catalogue = catalogue;
    this.refresh();
    this.onScreenChanged();
  }

  /** Draws the list again, after families were pinned or groups folded. */
  refresh(): void {
    if (this.catalogue === undefined) return;
    this.lines = linesOf(this.catalogue, this.state);
    const { length } = this.lines;
    setAttribute(this.table, 'aria-rowcount', String(length + 1));
    this.table.hidden = length === 0;
    this.empty.hidden = length > 0;
    const hasSearch = this.state.current.search !== '';
    setText(this.empty, hasSearch ? 'No metric matches this search.' : 'There are no metrics.');
    this.showLimit(this.catalogue);
    this.rows.setCount(length);
  }

  /** Moves the focus to the first result. */
  focusFirst(): void {
    this.rows.focus(this.lines.findIndex((line) => 'entry' in line));
  }

  focus(name: string): void {
    this.rows.focus(this.lines.findIndex((line) => 'entry' in line && line.entry.name === name));
  }

  /** The worker does not list all of very many families. */
  private showLimit({ groups, matchCount }: Catalogue): void {
    const listed = groups.reduce((sum, { families }) => sum + families.length, 0);
    this.note.hidden = listed === matchCount;
    const [some, all] = [listed, matchCount].map((count) => count.toLocaleString('en'));
    setText(this.note, `${some} of ${all} are listed: search for others.`);
  }

  /** All lines show the same time, so that what happens at once is below each other. */
  private showRange(range: TimeRange): void {
    // Rows that have just come on screen have no times yet.
    if (range.max >= range.min) this.range = range;
    const seconds = this.range.max - this.range.min;
    setText(this.lineTitle, seconds > 0 ? `Last ${duration(seconds)}` : 'Over time');
  }

  private createRow(line: Line): HTMLElement {
    if (!('entry' in line)) return createGroupRow(this.state);
    const row = new FamilyRow(this.state, this.widths);
    this.familyRows.set(row.element, row);
    return row.element;
  }

  private fillRow(row: HTMLElement, line: Line): void {
    if ('entry' in line) this.familyRows.get(row)!.fill(line, this.latest.get(line.entry.name), this.range);
    else fillGroupRow(row, line);
  }
}

function createHeadRow(): HTMLElement {
  const cells = COLUMNS.map(([className, title], i) => {
    const text = i === 0 ? el('span', { className: 'unseen' }, title) : title;
    return el('span', { role: 'columnheader', className: `cell ${className}` }, text);
  });
  return el('div', { role: 'row', className: 'row', 'aria-rowindex': '1' }, ...cells);
}

/** Pinned families come first, in the order of the pins. */
function linesOf({ groups }: Catalogue, { current }: State): Line[] {
  const pins = new Map(current.pins.map((name, i) => [name, i]));
  const all = groups.flatMap(({ families }) => families);
  const pinned = all.filter(({ name }) => pins.has(name)).sort((a, b) => pins.get(a.name)! - pins.get(b.name)!);
  const lines: Line[] = pinned.map((entry) => ({ entry, isPinned: true }));
  for (const { prefix, families } of groups) {
    const others = families.filter(({ name }) => !pins.has(name));
    if (others.length === 0) continue;
    // A search shows its results in folded groups too.
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
  const cell = el('span', { role: 'cell', className: 'cell', 'aria-colspan': String(COLUMNS.length) }, button);
  const row = el('div', { role: 'row', className: 'row group' }, cell);
  button.addEventListener('click', () => {
    state.change({ folded: toggled(state.current.folded, row.dataset.prefix ?? '') });
  });
  return row;
}

function fillGroupRow(row: HTMLElement, { prefix, title, count, isFolded }: GroupLine): void {
  row.dataset.prefix = prefix;
  const button = row.querySelector('button')!;
  setAttribute(button, 'aria-expanded', String(!isFolded));
  setText(button.children[0]!, title);
  setText(button.children[1]!, String(count));
}
