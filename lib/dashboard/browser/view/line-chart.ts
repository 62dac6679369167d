import uPlot from 'uplot';
import { clockTime } from '../model/format.ts';
import { needsOwnAxis } from '../model/scale.ts';
import type { ChartData } from '../protocol.ts';
import { ChartLegend } from './chart-legend.ts';
import { el, setAttribute, setText } from './dom.ts';
import { HEIGHT, optionsFor, type TimeRange } from './plot-options.ts';
import { describe } from './sparkline.ts';

/**
 * Lines over time. The legend shows the latest values or, while the pointer is over the plot, those below it and their
 * time. A click in the legend hides a line, and a drag over the plot selects a range of time.
 */
export class LineChart {
  readonly element: HTMLElement;
  private readonly title = el('span');
  private readonly time = el('span', { className: 'pointer-time' });
  private readonly reset = el('button', { type: 'button', className: 'whole', hidden: true }, 'Whole range');
  private readonly caption = el('figcaption', {}, this.title, this.time, this.reset);
  private readonly plot = el('div', { className: 'plot', role: 'img' });
  private readonly empty = el('p', { className: 'plot empty', hidden: true });
  private readonly legend = new ChartLegend((index, show) => this.chart?.setSeries(index + 1, { show }));
  private readonly onResize = new ResizeObserver(() => {
    this.chart?.setSize({ width: this.plot.clientWidth, height: HEIGHT });
  });
  private chart: uPlot | undefined;
  private data: ChartData | undefined;
  /** Key of the title and the labels; another key needs another plot. */
  private shape = '';
  /** Range of time that the user has selected. */
  private range: TimeRange | undefined;

  constructor() {
    this.reset.addEventListener('click', () => this.select(undefined));
    this.element = el('figure', { className: 'chart' }, this.caption, this.empty, this.plot, this.legend.element);
    this.onResize.observe(this.plot);
  }

  draw(data: ChartData): void {
    const { title, lines, times, unit } = data;
    this.data = data;
    setText(this.title, title);
    // Before there are two points, there is no line, and no time to write at the axis.
    const isEmpty = times.length < 2 || lines.length === 0;
    this.empty.hidden = !isEmpty;
    this.plot.hidden = isEmpty;
    this.legend.element.hidden = isEmpty;
    setText(this.empty, times.length < 2 ? 'The line follows with the next poll.' : 'There are no values.');
    const ownAxis = indexOfOwnAxis(lines);
    const shape = JSON.stringify([title, ownAxis, isEmpty, lines.map(({ label }) => label)]);
    if (this.shape !== shape && !isEmpty) this.build(data, ownAxis);
    this.shape = shape;
    if (isEmpty) return;
    const columns = [times, ...lines.map(({ values }) => values)] as uPlot.AlignedData;
    this.chart?.setData(columns, this.range === undefined);
    if (this.range !== undefined) this.chart?.setScale('x', this.range);
    this.showValues();
    const descriptions = lines.map(({ label, values }) => `${label}: ${describe(times, values, unit)}`);
    setAttribute(this.plot, 'aria-label', `${title} over time. ${descriptions.join('. ')}`);
  }

  /** Draws the chart again, in the colours of another theme. */
  repaint(): void {
    this.shape = '';
    if (this.data !== undefined) this.draw(this.data);
  }

  remove(): void {
    this.onResize.disconnect();
    this.chart?.destroy();
    this.element.remove();
  }

  private build({ lines, unit, threshold }: ChartData, ownAxis: number): void {
    const { legend, plot, caption } = this;
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
      showValues: () => this.showValues(),
      select: (range) => this.select(range),
    });
    this.chart = new uPlot(options, [[]], plot);
  }

  private showValues(): void {
    const { lines, times, unit } = this.data ?? { lines: [], times: [], unit: undefined };
    const index = this.chart?.cursor.idx ?? undefined;
    const time = index === undefined ? undefined : times[index];
    setText(this.time, time === undefined ? '' : clockTime(1000 * time));
    const values = lines.map(({ values, now }) => (index === undefined ? now : valueBefore(values, index)));
    this.legend.showValues(values, unit);
  }

  /** Shows a range of time; undefined shows all of it. */
  private select(range: TimeRange | undefined): void {
    this.range = range;
    this.reset.hidden = range === undefined;
    if (this.data !== undefined) this.draw(this.data);
  }
}

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
