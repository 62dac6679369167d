import uPlot from 'uplot';
import { format } from '../model/format.ts';
import type { Unit } from '../model/units.ts';
import type { ChartData } from '../protocol.ts';
import { el, setAttribute, setText } from './dom.ts';
import { describe } from './sparkline.ts';

export interface LineChart {
  readonly element: HTMLElement;
  draw(data: ChartData): void;
  /** Takes the colours anew. */
  repaint(): void;
  remove(): void;
}

const HEIGHT = 200;

/** Lines over time; their names and values stand below, those under the pointer while there is one. */
export function createLineChart(): LineChart {
  const title = el('figcaption');
  const plot = el('div', { className: 'plot', role: 'img' });
  const legend = el('ul', { className: 'legend' });
  const element = el('figure', { className: 'chart' }, title, plot, legend);
  let shape = '';
  let data: ChartData | undefined;
  let chart: uPlot | undefined;

  const resized = new ResizeObserver(() => chart?.setSize({ width: plot.clientWidth, height: HEIGHT }));
  resized.observe(plot);

  function showValues(): void {
    const at = chart?.cursor.idx ?? undefined;
    for (const [i, { values, now }] of data?.lines.entries() ?? []) {
      setText(legend.children[i]!.lastElementChild!, format(at === undefined ? now : values[at], data?.unit));
    }
  }

  function build({ lines, unit }: ChartData): void {
    chart?.destroy();
    legend.replaceChildren(...lines.map(({ label, isTotal }, i) => legendItem(label, isTotal === true, i)));
    const colours = [...legend.children].map((item) => getComputedStyle(item.firstElementChild!).color);
    chart = new uPlot(
      optionsFor({ colours, unit, muted: getComputedStyle(title).color, plot, showValues }),
      [[]],
      plot,
    );
  }

  return {
    element,
    draw(next) {
      data = next;
      setText(title, next.title);
      const nextShape = JSON.stringify([next.title, next.lines.map(({ label }) => label)]);
      if (shape !== nextShape) build(next);
      shape = nextShape;
      chart?.setData([next.times, ...next.lines.map(({ values }) => values)] as uPlot.AlignedData);
      showValues();
      const texts = next.lines.map(({ label, values }) => `${label}: ${describe(next.times, values, next.unit)}`);
      setAttribute(plot, 'aria-label', `${next.title} over time. ${texts.join('. ')}`);
    },
    repaint() {
      shape = '';
      if (data !== undefined) this.draw(data);
    },
    remove() {
      resized.disconnect();
      chart?.destroy();
      element.remove();
    },
  };
}

function legendItem(label: string, isTotal: boolean, index: number): HTMLElement {
  const swatch = el('span', { className: `swatch line-${isTotal ? 'total' : index % 6}`, 'aria-hidden': 'true' });
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
        // Round numbers of bytes are powers of two.
        ...(unit.of === 'bytes' && { incrs: Array.from({ length: 60 }, (_, i) => 2 ** i) }),
        values: (_, splits) => splits.map((value) => format(roundOff(value), unit)),
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

/** From zero, unless all that there is lies far above or below it. */
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

/** 0.30000000000000004 is 0.3. */
const roundOff = (value: number) => Number(value.toPrecision(12));

function clockTime(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString('en-GB');
}

/** Adds an alpha value to `rgb(1, 2, 3)`, the form of computed styles. */
function withAlpha(colour: string, alpha: number): string {
  return colour.replace(/^rgb\(([^)]+)\)$/, (_, parts: string) => `rgba(${parts}, ${alpha})`);
}
