import uPlot from 'uplot';
import { clockTime, format } from '../model/format.ts';
import { needsOwnAxis } from '../model/scale.ts';
import type { TimeRange } from '../model/time-selection.ts';
import type { ChartData } from '../protocol.ts';
import { ChartLegend } from './chart-legend.ts';
import { el, setAttribute, setText } from './dom.ts';
import { HEIGHT, type Margins, optionsFor } from './plot-options.ts';
import { describe } from './sparkline.ts';

export interface LineChartOptions {
  readonly margins: Margins;
  /** Id of the text that says what keys do. */
  readonly hintId: string;
  /** Called with the time below the pointer; undefined when it leaves the plot. */
  onPointer(time: number | undefined): void;
  /** Called when a drag over the plot has selected a range. */
  onSelect(range: TimeRange): void;
}

/** What a chart shows of time. */
export interface TimeView {
  /** From the left to the right edge. */
  readonly range: TimeRange;
  /** Whether the user has chosen the range. */
  readonly isZoomed: boolean;
  /** The time whose values the legend shows; undefined for the latest. */
  readonly time: number | undefined;
  readonly selected: TimeRange | undefined;
}

/**
 * Lines over time. The legend shows the latest values or, while a time is pointed to, those of that time. A click in the
 * legend hides a line. The slider, which covers the plot, is for keyboards and screen readers.
 */
export class LineChart {
  readonly element: HTMLElement;
  readonly slider = el('div', { className: 'time-slider', role: 'slider', tabIndex: 0 });
  private readonly options: LineChartOptions;
  private readonly title = el('span');
  private readonly time = el('span', { className: 'pointer-time' });
  private readonly caption = el('figcaption', {}, this.title, this.time);
  private readonly plot = el('div', { className: 'plot', role: 'img' });
  private readonly frame = el('div', { className: 'plot-frame' }, this.plot, this.slider);
  private readonly empty = el('p', { className: 'plot empty', hidden: true });
  private readonly legend = new ChartLegend((index, show) => this.chart?.setSeries(index + 1, { show }));
  private readonly selection = el('div', { className: 'selection', hidden: true });
  private readonly onResize = new ResizeObserver(() => {
    this.chart?.setSize({ width: this.plot.clientWidth, height: HEIGHT });
  });
  private chart: uPlot | undefined;
  private data: ChartData | undefined;
  private view: TimeView = { range: { min: 0, max: 1 }, isZoomed: false, time: undefined, selected: undefined };
  /** Key of the title and the labels; another key needs another plot. */
  private shape = '';
  /** Whether the points have changed since the range was set. */
  private isStale = false;
  /** Whether the pointer is over the plot, which then places the cursor itself. */
  private isPointedAt = false;

  constructor(options: LineChartOptions) {
    this.options = options;
    const { caption, empty, frame, legend, plot, slider } = this;
    this.element = el('figure', { className: 'chart' }, caption, empty, frame, legend.element);
    slider.setAttribute('aria-describedby', options.hintId);
    plot.addEventListener('pointerenter', () => {
      this.isPointedAt = true;
    });
    plot.addEventListener('pointerleave', () => {
      this.isPointedAt = false;
      options.onPointer(undefined);
    });
    this.onResize.observe(plot);
  }

  /** Unix times (s) of the points; empty without a line. */
  get times(): readonly number[] {
    return this.data === undefined || isEmpty(this.data) ? [] : this.data.times;
  }

  draw(data: ChartData): void {
    const { title, lines, times, unit } = data;
    this.data = data;
    setText(this.title, title);
    // Before there are two points, there is no line, and no time to write at the axis.
    const hasNoLine = isEmpty(data);
    this.empty.hidden = !hasNoLine;
    this.frame.hidden = hasNoLine;
    this.legend.element.hidden = hasNoLine;
    setText(this.empty, times.length < 2 ? 'The line follows with the next poll.' : 'There are no values.');
    const ownAxis = indexOfOwnAxis(lines);
    const shape = JSON.stringify([title, ownAxis, hasNoLine, lines.map(({ label }) => label)]);
    if (this.shape !== shape && !hasNoLine) this.build(data, ownAxis);
    this.shape = shape;
    if (hasNoLine) return;
    this.chart?.setData([times, ...lines.map(({ values }) => values)] as uPlot.AlignedData, false);
    this.isStale = true;
    const descriptions = lines.map(({ label, values }) => `${label}: ${describe(times, values, unit)}`);
    setAttribute(this.plot, 'aria-label', `${title} over time. ${descriptions.join('. ')}`);
    setAttribute(this.slider, 'aria-label', `Time in the chart of ${title}`);
  }

  /** Shows a range of time, and marks a time and a range in it. */
  showTime(view: TimeView): void {
    const { min, max } = this.view.range;
    const { range } = view;
    this.view = view;
    if (this.times.length === 0) return;
    if (this.isStale || min !== range.min || max !== range.max) this.chart?.setScale('x', range);
    this.isStale = false;
    this.mark();
  }

  /** Draws the chart again, in the colours of another theme. */
  repaint(): void {
    this.shape = '';
    if (this.data === undefined) return;
    this.draw(this.data);
    this.showTime(this.view);
  }

  /** Draws the chart again, with margins that have grown. */
  align(): void {
    this.chart?.redraw(false, true);
  }

  remove(): void {
    this.onResize.disconnect();
    this.chart?.destroy();
    this.element.remove();
  }

  private build({ lines, unit, threshold }: ChartData, ownAxis: number): void {
    const { legend, plot, caption } = this;
    const { margins, onSelect } = this.options;
    this.chart?.destroy();
    legend.build(lines, ownAxis);
    const { colours } = legend;
    const limit = plot.appendChild(el('span', { className: 'limit' }));
    const limitColour = getComputedStyle(limit).color;
    limit.remove();
    const options = optionsFor({
      lines: lines.map(({ label }, i) => ({ colour: colours[i]!, isShown: legend.isShown(label) })),
      unit,
      muted: getComputedStyle(caption).color,
      plot,
      ownAxis,
      threshold,
      limitColour,
      margins,
      isZoomed: () => this.view.isZoomed,
      onPointer: () => this.followPointer(),
      onSelect,
      onDraw: () => this.mark(),
    });
    this.chart = new uPlot(options, [[]], plot);
    this.chart.over.append(this.selection);
  }

  /** The plot moves below a resting pointer, too. */
  private followPointer(): void {
    const index = this.chart?.cursor.idx ?? undefined;
    if (this.isPointedAt && index !== undefined) this.options.onPointer(this.times[index]);
    else this.showValues();
  }

  private mark(): void {
    const { chart, view, selection } = this;
    if (chart === undefined || this.times.length === 0) return;
    const left = (time: number) => Math.max(0, Math.min(chart.over.clientWidth, chart.valToPos(time, 'x')));
    const isVisible = view.time !== undefined && view.time >= view.range.min && view.time <= view.range.max;
    // The cursor is hidden at a negative position.
    if (!this.isPointedAt) chart.setCursor({ left: isVisible ? left(view.time) : -10, top: 0 }, false);
    selection.hidden = view.selected === undefined;
    if (view.selected !== undefined) {
      const [from, to] = [left(view.selected.min), left(view.selected.max)];
      Object.assign(selection.style, { left: `${from}px`, width: `${to - from}px` });
    }
    this.showValues();
  }

  private showValues(): void {
    const { data, chart, slider } = this;
    if (data === undefined || this.times.length === 0) return;
    const { lines, times, unit } = data;
    const index = chart?.cursor.idx ?? undefined;
    const values = lines.map(({ values, now }) => (index === undefined ? now : valueBefore(values, index)));
    const time = clockTime(1000 * (times[index ?? times.length - 1] ?? 0));
    setText(this.time, index === undefined ? '' : time);
    this.legend.showValues(values, unit);
    const texts = lines.map(({ label }, i) => `${label} ${format(values[i], unit)}`);
    const { selected } = this.view;
    setAttribute(slider, 'aria-valuemin', String(Math.round(times[0]!)));
    setAttribute(slider, 'aria-valuemax', String(Math.round(times.at(-1)!)));
    setAttribute(slider, 'aria-valuenow', String(Math.round(times[index ?? times.length - 1]!)));
    setAttribute(
      slider,
      'aria-valuetext',
      selected === undefined ? [time, ...texts].join(', ') : `${rangeText(selected)} selected`,
    );
  }
}

/** Returns the range as text: `14:03:00 to 14:05:10`. */
export const rangeText = ({ min, max }: TimeRange) => `${clockTime(1000 * min)} to ${clockTime(1000 * max)}`;

const isEmpty = ({ times, lines }: ChartData) => times.length < 2 || lines.length === 0;

/** Returns the index of a total that would hide the other lines on their axis; −1 if there is none. */
function indexOfOwnAxis(lines: ChartData['lines']): number {
  const total = lines.findIndex(({ isTotal }) => isTotal === true);
  if (total < 0) return total;
  const others = lines.filter((_, i) => i !== total).map(({ values }) => values);
  return needsOwnAxis(lines[total]!.values, others) ? total : -1;
}

/** Returns the value at the index. Where the line has no point, it is the value of the point before. */
function valueBefore(values: ChartData['lines'][number]['values'], index: number): number | null {
  let i = index;
  while (i > 0 && values[i] === undefined) i--;
  return values[i] ?? null;
}
