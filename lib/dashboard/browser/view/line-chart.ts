import uPlot from 'uplot';
import { format } from '../model/format.ts';
import { axisLabels, axisRange, needsOwnAxis } from '../model/scale.ts';
import type { Unit } from '../model/units.ts';
import type { ChartData } from '../protocol.ts';
import { el, setAttribute, setText } from './dom.ts';
import { describe } from './sparkline.ts';

/** Height of the plot (px). */
const HEIGHT = 200;

/** Steps (s) of the time axis, whose labels have no fractions. */
const SECONDS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800,
];

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
    setText(this.time, time === undefined ? '' : clockTime(time));
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

/** Unix times (s) */
interface TimeRange {
  readonly min: number;
  readonly max: number;
}

interface LegendItem {
  readonly isTotal: boolean;
  readonly hasOwnAxis: boolean;
  readonly index: number;
}

interface PlotSettings {
  readonly colours: readonly string[];
  readonly unit: Unit;
  readonly muted: string;
  readonly plot: HTMLElement;
  /** Line whose axis is on the right; −1 for none. */
  readonly ownAxis: number;
  readonly threshold: number | undefined;
  readonly limitColour: string;
  /** Whether each line is shown. */
  readonly isShown: readonly boolean[];
  showValues(): void;
  select(range: TimeRange): void;
}

function optionsFor({
  colours,
  unit,
  muted,
  plot,
  ownAxis,
  threshold,
  limitColour,
  isShown,
  showValues,
  select,
}: PlotSettings): uPlot.Options {
  const { fontFamily } = getComputedStyle(plot);
  const grid = { stroke: withAlpha(muted, 0.18), width: 1 };
  const axis = { stroke: muted, font: `12px ${fontFamily}`, grid, ticks: { show: false } };
  const numbers = {
    ...axis,
    // Axis steps for bytes are powers of two.
    ...(unit.of === 'bytes' && { incrs: Array.from({ length: 60 }, (_, i) => 2 ** i) }),
    values: (_: uPlot, splits: number[]) => axisLabels(splits, unit),
    size: widthOfLabels,
    gap: 6,
  };
  return {
    width: plot.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false, setScale: false, dist: 5 }, points: { size: 7 } },
    padding: [12, ownAxis < 0 ? 30 : 0, 0, 0],
    scales: { y: { range: rangeOfAxis }, total: { range: rangeOfAxis } },
    axes: [
      { ...axis, values: (_, splits) => splits.map(clockTime), incrs: SECONDS, space: 80, size: 30 },
      numbers,
      ...(ownAxis < 0 ? [] : [{ ...numbers, scale: 'total', side: 1 as const, grid: { show: false } }]),
    ],
    series: [
      {},
      ...colours.map((stroke, i) => ({
        stroke,
        width: 1.75,
        points: { size: 4, fill: stroke },
        spanGaps: false,
        show: isShown[i] ?? true,
        scale: i === ownAxis ? 'total' : 'y',
      })),
    ],
    hooks: {
      setCursor: [showValues],
      setSelect: [(chart) => selectRange(chart, select)],
      draw: [(chart) => drawThreshold(chart, threshold, limitColour)],
    },
  };
}

const rangeOfAxis = (_: uPlot, min: number | null, max: number | null): [number, number] =>
  min === null || max === null ? [0, 1] : axisRange({ min, max });

function selectRange(chart: uPlot, select: PlotSettings['select']): void {
  const { left, width } = chart.select;
  if (width === 0) return;
  const [min, max] = [chart.posToVal(left, 'x'), chart.posToVal(left + width, 'x')];
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  select({ min, max });
}

/** Draws a dashed line at the threshold, if the axis contains it. */
function drawThreshold({ ctx, bbox, scales, valToPos }: uPlot, threshold: number | undefined, colour: string): void {
  const { min, max } = scales.y!;
  if (threshold === undefined || !(threshold >= (min ?? Infinity) && threshold <= (max ?? -Infinity))) return;
  const y = valToPos(threshold, 'y', true);
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.setLineDash([6, 4]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

/** Returns the width that the longest label needs. */
function widthOfLabels(chart: uPlot, labels: string[] | null): number {
  const { ctx } = chart;
  const font = ctx.font;
  ctx.font = `12px ${getComputedStyle(chart.root).fontFamily}`;
  const longest = Math.max(0, ...(labels ?? []).map((label) => ctx.measureText(label).width));
  ctx.font = font;
  return Math.max(48, Math.ceil(longest) + 16);
}

/** Returns the value at the index or, where a line has none of its own, the last one before it. */
function valueBefore(values: ChartData['lines'][number]['values'], index: number): number | null {
  let i = index;
  while (i > 0 && values[i] === undefined) i--;
  return values[i] ?? null;
}

function clockTime(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString('en-GB');
}

/** Adds an alpha value to `rgb(1, 2, 3)`, the form of computed styles. */
function withAlpha(colour: string, alpha: number): string {
  return colour.replace(/^rgb\(([^)]+)\)$/, (_, parts: string) => `rgba(${parts}, ${alpha})`);
}
