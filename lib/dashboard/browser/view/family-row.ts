import { exact, format } from '../model/format.ts';
import type { TimeRange } from '../model/time-selection.ts';
import type { Entry, Row } from '../protocol.ts';
import type { ColumnWidths } from './column-widths.ts';
import { createPinButton, onPlainClick, type PinButton } from './controls.ts';
import { el, setAttribute, setName, setText } from './dom.ts';
import { createSparkline, type Sparkline } from './sparkline.ts';
import type { State } from './state.ts';

/** A family in the overview. */
export interface FamilyLine {
  readonly entry: Entry;
  readonly isPinned: boolean;
}

/** The row of a family in the overview. */
export class FamilyRow {
  readonly element: HTMLElement;
  private readonly state: State;
  private readonly widths: ColumnWidths;
  private readonly pin: PinButton;
  private readonly link = el('a', { className: 'name', 'data-focus': '' });
  private readonly badge = el('span', { className: 'badge' });
  private readonly help = el('span', { className: 'help' });
  private readonly label = el('span', { className: 'hit' });
  private readonly series = el('span', { role: 'cell', className: 'cell c-series' });
  private readonly spark: Sparkline = createSparkline();
  private readonly kind = el('span', { className: 'kind' });
  private readonly value = el('span', { className: 'value' });
  private name = '';

  constructor(state: State, widths: ColumnWidths) {
    this.state = state;
    this.widths = widths;
    this.pin = createPinButton(state);
    this.element = el(
      'div',
      { role: 'row', className: 'row family' },
      cell('c-pin', this.pin.element),
      cell('c-name', this.link),
      cell('c-type', this.badge),
      cell('c-help', this.label, this.help),
      this.series,
      cell('c-spark', this.spark.element),
      cell('c-now', this.kind, this.value),
    );
    onPlainClick(this.link, () => this.open());
    // A mouse can open the family from anywhere in the row; the keyboard uses the link.
    this.element.addEventListener('click', (event) => {
      const hasSelection = (getSelection()?.toString() ?? '') !== '';
      if (!hasSelection && (event.target as Element).closest('a, button') === null) this.open();
    });
  }

  /** `row` is undefined until the worker has sent the family's values. `range` is the time that all lines show. */
  fill({ entry, isPinned }: FamilyLine, row: Row | undefined, range: TimeRange): void {
    this.name = entry.name;
    this.pin.show(entry.name, isPinned);
    this.fillEntry(entry);
    const count = row?.series ?? entry.series;
    const seriesText = count === 1 ? '' : count.toLocaleString('en');
    const value = format(row?.value, row?.unit);
    setText(this.series, seriesText);
    setText(this.value, value);
    this.widths.fit(0, seriesText);
    this.widths.fit(1, `${row?.kind ?? ''} ${value}`);
    setAttribute(this.value, 'title', exact(row?.value ?? null));
    this.element.classList.toggle('above', row?.isAbove === true);
    setText(this.kind, row?.kind ?? '');
    this.spark.draw(row ?? { times: [], values: [], unit: { of: 'number' } }, range);
  }

  private fillEntry({ name, type, help, label }: Entry): void {
    setName(this.link, name);
    setAttribute(this.link, 'href', this.state.link({ open: name, filter: {} }));
    setText(this.badge, type);
    setAttribute(this.badge, 'data-type', type);
    setText(this.help, help);
    setAttribute(this.help, 'title', help);
    this.label.hidden = label === undefined;
    setText(this.label, label?.join('=') ?? '');
  }

  private open(): void {
    this.state.change({ open: this.name, filter: {} }, { isStep: true });
  }
}

const cell = (column: string, ...children: Node[]) =>
  el('span', { role: 'cell', className: `cell ${column}` }, ...children);
