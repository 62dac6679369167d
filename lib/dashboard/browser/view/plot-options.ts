import type uPlot from 'uplot';
import { clockTime } from '../model/format.ts';
import { axisLabels, axisRange } from '../model/scale.ts';
import type { Unit } from '../model/units.ts';

/** Height of the plot (px). */
export const HEIGHT = 200;

/** Steps (s) of the time axis, whose labels have no fractions. */
const SECONDS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800,
];

/** Unix times (s). */
export interface TimeRange {
  readonly min: number;
  readonly max: number;
}

export interface PlotSettings {
  readonly lines: readonly { readonly colour: string; readonly isShown: boolean }[];
  readonly unit: Unit;
  /** Colour of the axes. */
  readonly muted: string;
  readonly plot: HTMLElement;
  /** Line whose axis is on the right; −1 for none. */
  readonly ownAxis: number;
  readonly threshold: number | undefined;
  readonly limitColour: string;
  showValues(): void;
  select(range: TimeRange): void;
}

/** Returns uPlot's options for a chart. */
export function optionsFor(settings: PlotSettings): uPlot.Options {
  const { lines, plot, ownAxis, threshold, limitColour, showValues, select } = settings;
  return {
    width: plot.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false, setScale: false, dist: 5 }, points: { size: 7 } },
    padding: [12, ownAxis < 0 ? 30 : 0, 0, 0],
    scales: { y: { range: rangeOfAxis }, total: { range: rangeOfAxis } },
    axes: axesFor(settings),
    series: [
      {},
      ...lines.map(({ colour, isShown }, i) => ({
        stroke: colour,
        width: 1.75,
        points: { size: 4, fill: colour },
        spanGaps: false,
        show: isShown,
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

/** Returns the axes: of time, on the left, and on the right if one line has its own. */
function axesFor({ unit, muted, plot, ownAxis }: PlotSettings): uPlot.Axis[] {
  const { fontFamily } = getComputedStyle(plot);
  const grid = { stroke: withAlpha(muted, 0.18), width: 1 };
  const axis = { stroke: muted, font: `12px ${fontFamily}`, grid, ticks: { show: false } };
  const time: uPlot.Axis = {
    ...axis,
    values: (_, splits) => splits.map((seconds) => clockTime(1000 * seconds)),
    incrs: SECONDS,
    space: 80,
    size: 30,
  };
  const left: uPlot.Axis = {
    ...axis,
    // Axis steps for bytes are powers of two.
    ...(unit.of === 'bytes' && { incrs: Array.from({ length: 60 }, (_, i) => 2 ** i) }),
    values: (_, splits) => axisLabels(splits, unit),
    size: widthOfLabels,
    gap: 6,
  };
  return ownAxis < 0 ? [time, left] : [time, left, { ...left, scale: 'total', side: 1, grid: { show: false } }];
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

/** Adds an alpha value to `rgb(1, 2, 3)`, the form of computed styles. */
function withAlpha(colour: string, alpha: number): string {
  return colour.replace(/^rgb\(([^)]+)\)$/, (_, parts: string) => `rgba(${parts}, ${alpha})`);
}
