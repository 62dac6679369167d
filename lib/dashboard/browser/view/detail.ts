import { exact, format } from '../model/format.ts';
import type { Comparison, Detail, ExportFormat, Figure, ViewUpdate } from '../protocol.ts';
import { type Actions, createActions, download } from './actions.ts';
import { type ActiveFilters, createActiveFilters } from './active-filters.ts';
import { ChartGroup } from './chart-group.ts';
import { type CompareField, createCompareField } from './compare-field.ts';
import { CLOSED, createPinButton, onPlainClick, type PinButton } from './controls.ts';
import { createDistribution } from './distribution.ts';
import { el, fitChildren, setAttribute, setText } from './dom.ts';
import { syncFilters } from './label-filters.ts';
import { createSeriesTable, type SeriesTable } from './series-table.ts';
import type { State } from './state.ts';

interface DetailOptions {
  readonly state: State;
  readonly documentUrl: string;
  /** Called when other series come on screen. */
  onRange(): void;
  /** Called when the user asks for what is shown as a file. The next update has it. */
  onExport(format: ExportFormat): void;
}

/** One family: its figures, charts, distribution and series. */
export class DetailView {
  private readonly section: HTMLElement;
  private readonly state: State;
  private readonly back = el('a', { className: 'back', href: '#' }, '← All metrics');
  private readonly title = el('h2', { tabIndex: -1 });
  private readonly badge = el('span', { className: 'badge' });
  private readonly pin: PinButton;
  private readonly help = el('p', { className: 'help' });
  private readonly activeFilters: ActiveFilters;
  private readonly figures = el('dl', { className: 'figures' });
  private readonly compare: CompareField;
  private readonly charts: ChartGroup;
  private readonly distribution = createDistribution();
  private readonly actions: Actions;
  private readonly table: SeriesTable;
  private readonly missing = el('p', { className: 'empty', hidden: true }, 'The document has no metric of this name.');
  private readonly content: HTMLElement;
  private shownName = '';

  constructor(section: HTMLElement, { state, documentUrl, onRange, onExport }: DetailOptions) {
    this.actions = createActions(state, { documentUrl, onExport });
    this.section = section;
    this.state = state;
    this.pin = createPinButton(state);
    this.table = createSeriesTable(state, onRange);
    this.compare = createCompareField(state);
    this.activeFilters = createActiveFilters(state);
    this.charts = new ChartGroup(this.compare.element);
    const { help, activeFilters, figures, charts, distribution, table } = this;
    const filters = activeFilters.element;
    this.content = el('div', {}, help, filters, figures, charts.element, distribution.element, table.element);
    const titleLine = el('div', { className: 'title' }, this.pin.element, this.title, this.badge, this.actions.element);
    const head = el('div', { className: 'detail-head' }, this.back, titleLine);
    section.append(head, this.missing, this.content);
    onPlainClick(this.back, () => state.change(CLOSED, { isStep: true }));
  }

  /** The series on screen. */
  get range(): readonly [from: number, to: number] {
    return this.table.range;
  }

  /** Whether the pointer is over the series. */
  get holdsRows(): boolean {
    return this.table.holdsRows;
  }

  show({ detail, comparison, status, exported }: ViewUpdate): void {
    if (exported !== undefined) download(exported);
    const { open } = this.state.current;
    if (open === '' || (detail !== undefined && detail.name !== open)) return;
    const isKnown = detail !== undefined;
    this.content.hidden = !isKnown;
    this.missing.hidden = isKnown || status.polls === 0;
    this.badge.hidden = !isKnown;
    this.actions.element.hidden = !isKnown;
    if (isKnown) this.draw(detail, comparison);
  }

  /** Adapts to a change of the state. */
  sync(): void {
    const { open, pins } = this.state.current;
    if (this.title.textContent !== open) this.title.replaceChildren(...withBreaks(open));
    this.pin.show(open, pins.includes(open));
    setAttribute(this.back, 'href', this.state.link(CLOSED));
    this.compare.sync();
    this.activeFilters.sync();
    syncFilters(this.section, this.state);
    if (open === this.shownName) return;
    // The content is that of another family until the worker sends this one's.
    this.content.hidden = true;
    this.badge.hidden = true;
    this.missing.hidden = true;
    this.shownName = open;
  }

  /** Draws the charts again, in the colours of another theme. */
  repaint(): void {
    this.charts.repaint();
  }

  focus(): void {
    this.title.focus({ preventScroll: true });
  }

  private draw(detail: Detail, comparison: Comparison | undefined): void {
    const { name, type, help, figures, distribution, table, threshold } = detail;
    this.actions.show(detail);
    setText(this.badge, type);
    setAttribute(this.badge, 'data-type', type);
    const limit = threshold === undefined ? '' : `Marked above ${exact(threshold)}.`;
    const text = limit === '' || help === '' ? help + limit : `${withFullStop(help)} ${limit}`;
    setText(this.help, text);
    this.help.hidden = text === '';
    drawFigures(this.figures, figures);
    const charts = [...detail.charts, ...(comparison?.charts ?? [])];
    this.compare.draw(comparison);
    this.charts.draw(charts, { subject: name, isStacked: charts.length > detail.charts.length });
    this.distribution.element.hidden = distribution === undefined;
    if (distribution !== undefined) this.distribution.draw(distribution);
    this.table.element.hidden = table === undefined;
    if (table !== undefined) this.table.draw(table);
    syncFilters(this.section, this.state);
  }
}

const withFullStop = (text: string) => (/[.!?…]\s*$/.test(text) ? text : `${text}.`);

/** Splits a name where it may wrap. */
const withBreaks = (name: string) => name.split(/(?<=[_:.])/).flatMap((part) => [part, el('wbr')]);

function drawFigures(list: HTMLElement, figures: readonly Figure[]): void {
  fitChildren(list, figures.length, () => el('div', {}, el('dt'), el('dd', {}, el('span'), el('small'))));
  for (const [i, { label, value, unit, note = '', isAbove = false }] of figures.entries()) {
    const [name, number] = list.children[i]!.children;
    setText(name!, label);
    list.children[i]!.classList.toggle('above', isAbove);
    setText(number!.children[0]!, format(value, unit));
    setText(number!.children[1]!, note);
    setAttribute(number!, 'title', exact(value));
  }
}
