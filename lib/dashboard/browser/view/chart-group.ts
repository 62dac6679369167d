import { extentOf, selectByKey, selectedRange, type TimeRange, type TimeSelection } from '../model/time-selection.ts';
import type { ChartData } from '../protocol.ts';
import { el, setText } from './dom.ts';
import { LineChart, rangeText } from './line-chart.ts';
import { createMargins, type Margins } from './plot-options.ts';

const HINT = '← → move through time · Shift selects a range · Enter shows it · Esc the whole range';
const HINT_ID = 'chart-keys';

/** Charts with one axis of time: they show the same range, and the same time is marked in all of them. */
export class ChartGroup {
  readonly element: HTMLElement;
  private readonly list = el('div', { className: 'charts' });
  private readonly shown = el('span', { className: 'unseen', role: 'status' });
  private readonly whole = el('button', { type: 'button', className: 'whole', hidden: true }, 'Whole range');
  private readonly hint = el('span', { className: 'chart-hint', id: HINT_ID, hidden: true }, HINT);
  private readonly charts: LineChart[] = [];
  private readonly margins: Margins = createMargins();
  /** Range that the user has chosen; undefined for all. */
  private range: TimeRange | undefined;
  /** The time below the pointer. */
  private pointed: number | undefined;
  private selection: TimeSelection | undefined;
  private subject = '';

  /** `tools` stand before the charts. */
  constructor(...tools: Node[]) {
    const bar = el('div', { className: 'chart-bar' }, ...tools, this.hint, this.shown, this.whole);
    this.element = el('div', {}, bar, this.list);
    this.whole.addEventListener('click', ({ detail }) => {
      // The button disappears. With the keyboard, the focus goes on to the charts.
      if (detail === 0) this.charts[0]?.slider.focus();
      this.zoom(undefined);
    });
  }

  /** Draws the charts of a subject. The range is reset for another subject. `isStacked` draws them below each other. */
  draw(data: readonly ChartData[], { subject, isStacked }: { subject: string; isStacked: boolean }): void {
    if (subject !== this.subject) this.reset();
    this.subject = subject;
    this.list.classList.toggle('stacked', isStacked);
    while (this.charts.length > data.length) this.charts.pop()!.remove();
    while (this.charts.length < data.length) this.append();
    for (const [i, chart] of this.charts.entries()) chart.draw(data[i]!);
    this.showTime();
    const { left, right } = this.margins;
    // The plots are drawn at the end of this turn.
    queueMicrotask(() => {
      if (this.margins.left > left || this.margins.right > right) for (const chart of this.charts) chart.align();
    });
  }

  /** Draws the charts again, in the colours of another theme. */
  repaint(): void {
    for (const chart of this.charts) chart.repaint();
  }

  private append(): void {
    const chart = new LineChart({
      margins: this.margins,
      hintId: HINT_ID,
      onPointer: (time) => {
        this.pointed = time;
        this.showTime();
      },
      onSelect: (range) => this.zoom(range),
    });
    chart.slider.addEventListener('keydown', (event) => this.onKey(event, chart.times));
    chart.slider.addEventListener('focus', () => {
      this.hint.hidden = !chart.slider.matches(':focus-visible');
    });
    chart.slider.addEventListener('blur', () => {
      this.hint.hidden = true;
      this.select(undefined);
    });
    this.charts.push(chart);
    this.list.append(chart.element);
  }

  private onKey(event: KeyboardEvent, times: readonly number[]): void {
    const { key, shiftKey: isExtending, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey) return;
    const { min, max } = this.range ?? { min: -Infinity, max: Infinity };
    const visible = times.filter((time) => time >= min && time <= max);
    const moved = selectByKey(this.selection, { key, isExtending }, visible);
    const selected = selectedRange(this.selection);
    if (moved !== undefined) this.select(moved);
    else if (key === 'Enter' && selected !== undefined) this.zoom(selected);
    else if (key === 'Escape' && selected !== undefined) this.select({ time: this.selection!.time, anchor: undefined });
    else if (key === 'Escape' && this.range !== undefined) this.zoom(undefined);
    else return;
    event.preventDefault();
    // Elsewhere, Esc closes the metric.
    event.stopPropagation();
  }

  private select(selection: TimeSelection | undefined): void {
    this.selection = selection;
    this.showTime();
  }

  /** Shows a range of time; undefined shows all of it. */
  private zoom(range: TimeRange | undefined): void {
    this.range = range;
    this.whole.hidden = range === undefined;
    this.shown.classList.toggle('unseen', range === undefined);
    setText(this.shown, range === undefined ? 'The whole range is shown.' : rangeText(range));
    this.select(this.selection && { time: this.selection.time, anchor: undefined });
  }

  private reset(): void {
    this.zoom(undefined);
    setText(this.shown, '');
    Object.assign(this.margins, createMargins());
  }

  private showTime(): void {
    const time = this.pointed ?? this.selection?.time;
    const isZoomed = this.range !== undefined;
    const range = this.range ?? extentOf(this.charts.map(({ times }) => times));
    for (const chart of this.charts) chart.showTime({ range, isZoomed, time, selected: selectedRange(this.selection) });
  }
}
