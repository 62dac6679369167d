import uPlot from 'uplot';
import { clockTime, format } from '../model/format.ts';
import { needsOwnAxis } from '../model/scale.ts';
import type { ChartData } from '../protocol.ts';
import { el, setAttribute, setText } from './dom.ts';
import { HEIGHT, optionsFor, type TimeRange } from './plot-options.ts';
import { describe } from './sparkline.ts';

/** Number of line colours in the style sheet. */
const COLOURS = 6;

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
  private readonly legend = el('ul', { className: 'legend' });
  private readonly onResize = new ResizeObserver(() => {
    this.chart?.setSize({ width: this.plot.clientWidth, height: HEIGHT });
  });
  private chart: uPlot | undefined;
  private data: ChartData | undefined;
  /** Key of the title and the labels; another key needs another plot. */
  private shape = '';
  /** Labels of lines that the user has hidden. */
  private readonly hidden = new Set<string>();
  /** Range of time that the user has selected. */
  private range: TimeRange | undefined;

  constructor() {
    this.reset.addEventListener('click', () => this.select(undefined));
    this.element = el('figure', { className: 'chart' }, this.caption, this.empty, this.plot, this.legend);
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
    this.legend.hidden = isEmpty;
    setText(this.empty, times.length < 2 ? 'The line follows with the next poll.' : 'There are no values.');
    const total = lines.find(({ isTotal }) => isTotal === true);
    const others = lines.filter((line) => line !== total).map(({ values }) => values);
    const hasOwnAxis = total !== undefined && needsOwnAxis(total.values, others);
    const shape = JSON.stringify([title, hasOwnAxis, isEmpty, lines.map(({ label }) => label)]);
    if (this.shape !== shape && !isEmpty) this.build(data, hasOwnAxis);
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

  private build({ lines, unit, threshold }: ChartData, hasOwnAxis: boolean): void {
    const { legend, plot, caption } = this;
    this.chart?.destroy();
    legend.replaceChildren(
      ...lines.map(({ label, isTotal }, i) =>
        this.createLegendItem(label, { isTotal: isTotal === true, hasOwnAxis, index: i }),
      ),
    );
    const colours = [...legend.children].map((item) => getComputedStyle(item.querySelector('.swatch')!).color);
    const muted = getComputedStyle(caption).color;
    const limit = plot.appendChild(el('span', { className: 'limit' }));
    const limitColour = getComputedStyle(limit).color;
    limit.remove();
    const ownAxis = hasOwnAxis ? lines.findIndex(({ isTotal }) => isTotal === true) : -1;
    const settings = {
      colours,
      unit,
      muted,
      plot,
      ownAxis,
      threshold,
      limitColour,
      isShown: lines.map(({ label }) => !this.hidden.has(label)),
      showValues: () => this.showValues(),
      select: (range: TimeRange) => this.select(range),
    };
    this.chart = new uPlot(optionsFor(settings), [[]], plot);
  }

  private showValues(): void {
    const index = this.chart?.cursor.idx ?? undefined;
    const time = index === undefined ? undefined : this.data?.times[index];
    setText(this.time, time === undefined ? '' : clockTime(1000 * time));
    for (const [i, { values, now }] of this.data?.lines.entries() ?? []) {
      const value = index === undefined ? now : valueBefore(values, index);
      setText(this.legend.children[i]!.querySelector('.number')!, format(value, this.data?.unit));
    }
  }

  /** Shows a range of time; undefined shows all of it. */
  private select(range: TimeRange | undefined): void {
    this.range = range;
    this.reset.hidden = range === undefined;
    if (this.data !== undefined) this.draw(this.data);
  }

  private createLegendItem(label: string, { isTotal, hasOwnAxis, index }: LegendItem): HTMLElement {
    const colour = `swatch line-${isTotal ? 'total' : index % COLOURS}`;
    const button = el(
      'button',
      { type: 'button', 'aria-pressed': String(!this.hidden.has(label)) },
      el('span', { className: colour, 'aria-hidden': 'true' }),
      el('bdi', { title: label }, isTotal && hasOwnAxis ? `${label} (right axis)` : label),
      el('span', { className: 'number' }),
    );
    button.classList.toggle('struck', this.hidden.has(label));
    button.addEventListener('click', () => {
      if (!this.hidden.delete(label)) this.hidden.add(label);
      const show = !this.hidden.has(label);
      setAttribute(button, 'aria-pressed', String(show));
      button.classList.toggle('struck', !show);
      this.chart?.setSeries(index + 1, { show });
    });
    return el('li', {}, button);
  }
}

interface LegendItem {
  readonly isTotal: boolean;
  readonly hasOwnAxis: boolean;
  readonly index: number;
}

/** Returns the value at the index. Where the line has no point, it is the value of the point before. */
function valueBefore(values: ChartData['lines'][number]['values'], index: number): number | null {
  let i = index;
  while (i > 0 && values[i] === undefined) i--;
  return values[i] ?? null;
}
