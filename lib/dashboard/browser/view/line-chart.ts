import uPlot from 'uplot';
import { format } from '../model/format.ts';
import type { Unit } from '../model/units.ts';
import type { ChartData } from '../protocol.ts';
import { el, setAttribute, setText } from './dom.ts';
import { describe } from './sparkline.ts';

/** Height of the plot (px). */
const HEIGHT = 200;

/** Number of line colours in the style sheet. */
const COLOURS = 6;

/** Lines over time. The legend shows the latest values or, while the pointer is over the plot, those below it. */
export class LineChart {
  readonly element: HTMLElement;
  private readonly title = el('figcaption');
  private readonly plot = el('div', { className: 'plot', role: 'img' });
  private readonly legend = el('ul', { className: 'legend' });
  private readonly onResize = new ResizeObserver(() => {
    this.chart?.setSize({ width: this.plot.clientWidth, height: HEIGHT });
  });
  private chart: uPlot | undefined;
  private data: ChartData | undefined;
  /** Key of the title and the labels; another key needs another plot. */
  private shape = '';

  constructor() {
    this.element = el('figure', { className: 'chart' }, this.title, this.plot, this.legend);
    this.onResize.observe(this.plot);
  }

  draw(data: ChartData): void {
    const { title, lines, times, unit } = data;
    this.data = data;
    setText(this.title, title);
    const shape = JSON.stringify([title, lines.map(({ label }) => label)]);
    if (this.shape !== shape) this.build(data);
    this.shape = shape;
    this.chart?.setData([times, ...lines.map(({ values }) => values)] as uPlot.AlignedData);
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

  private build({ lines, unit }: ChartData): void {
    const { legend, plot, title } = this;
    this.chart?.destroy();
    legend.replaceChildren(...lines.map(({ label, isTotal }, i) => createLegendItem(label, isTotal === true, i)));
    const colours = [...legend.children].map((item) => getComputedStyle(item.firstElementChild!).color);
    const muted = getComputedStyle(title).color;
    this.chart = new uPlot(optionsFor({ colours, unit, muted, plot, showValues: () => this.showValues() }), [[]], plot);
  }

  private showValues(): void {
    const index = this.chart?.cursor.idx ?? undefined;
    for (const [i, { values, now }] of this.data?.lines.entries() ?? []) {
      const value = index === undefined ? now : valueBefore(values, index);
      setText(this.legend.children[i]!.lastElementChild!, format(value, this.data?.unit));
    }
  }
}

function createLegendItem(label: string, isTotal: boolean, index: number): HTMLElement {
  const swatch = el('span', { className: `swatch line-${isTotal ? 'total' : index % COLOURS}`, 'aria-hidden': 'true' });
  return el('li', {}, swatch, el('bdi', { title: label }, label), el('span', { className: 'number' }));
}

interface PlotSettings {
  readonly colours: readonly string[];
  readonly unit: Unit;
  readonly muted: string;
  readonly plot: HTMLElement;
  showValues(): void;
}

function optionsFor({ colours, unit, muted, plot, showValues }: PlotSettings): uPlot.Options {
  const { fontFamily } = getComputedStyle(plot);
  const grid = { stroke: withAlpha(muted, 0.18), width: 1 };
  const axis = { stroke: muted, font: `12px ${fontFamily}`, grid, ticks: { show: false } };
  return {
    width: plot.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    padding: [12, 30, 0, 0],
    scales: { y: { range: (_, min, max) => paddedRange(min, max) } },
    axes: [
      { ...axis, values: (_, splits) => splits.map(clockTime), space: 80, size: 30 },
      {
        ...axis,
        // Axis steps for bytes are powers of two.
        ...(unit.of === 'bytes' && { incrs: Array.from({ length: 60 }, (_, i) => 2 ** i) }),
        values: (_, splits) => splits.map((value) => format(roundOff(value), { ...unit, bounds: undefined })),
        size: widthOfLabels,
        gap: 6,
      },
    ],
    series: [
      {},
      ...colours.map((stroke) => ({ stroke, width: 1.75, points: { size: 4, fill: stroke }, spanGaps: false })),
    ],
    hooks: { setCursor: [showValues] },
  };
}

/** Returns the range of the y axis. It starts at zero unless all values are far from it. */
function paddedRange(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0, 1];
  if (min === max) return min === 0 ? [0, 1] : [Math.min(0, min * 2), Math.max(0, max * 2)];
  const margin = (max - min) * 0.1;
  const isNearZero = min >= 0 && min < (max - min) * 2;
  return [isNearZero ? 0 : min - margin, max + margin];
}

function widthOfLabels(chart: uPlot, labels: string[] | null): number {
  const longest = Math.max(0, ...(labels ?? []).map((label) => label?.length ?? 0));
  return Math.max(48, longest * 6.6 + 16) * (chart.axes.length > 0 ? 1 : 0);
}

/** Returns the value at the index or, where a line has none of its own, the last one before it. */
function valueBefore(values: ChartData['lines'][number]['values'], index: number): number | null {
  let i = index;
  while (i > 0 && values[i] === undefined) i--;
  return values[i] ?? null;
}

/** Removes rounding errors, so that 0.30000000000000004 becomes 0.3. */
const roundOff = (value: number) => Number(value.toPrecision(12));

function clockTime(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString('en-GB');
}

/** Adds an alpha value to `rgb(1, 2, 3)`, the form of computed styles. */
function withAlpha(colour: string, alpha: number): string {
  return colour.replace(/^rgb\(([^)]+)\)$/, (_, parts: string) => `rgba(${parts}, ${alpha})`);
}
