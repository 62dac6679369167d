import type uPlot from 'uplot';
import { clockTime } from '../model/format.ts';
import { axisLabels, chartRange } from '../model/scale.ts';
import type { TimeRange } from '../model/time-selection.ts';
import type { Unit } from '../model/units.ts';

/** Height of the plot (px). */
export const HEIGHT = 200;

/** Steps (s) of the time axis, whose labels have no fractions. */
const SECONDS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800,
];

/** Space (px) beside the plots of a group of charts. All have the same, so that times are below each other. */
export interface Margins {
  left: number;
  right: number;
}

/** Returns margins that grow with the labels of axes. */
export const createMargins = (): Margins => ({ left: 48, right: 30 });

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
  readonly margins: Margins;
  /** Whether the user has chosen a range of time. */
  isZoomed(): boolean;
  /** Called when the pointer moves, and when the plot moves below it. */
  onPointer(): void;
  onSelect(range: TimeRange): void;
  /** Called after the plot was drawn. */
  onDraw(): void;
}

/** Returns uPlot's options for a chart. */
export function optionsFor(settings: PlotSettings): uPlot.Options {
  const { lines, unit, plot, ownAxis, threshold, limitColour, margins } = settings;
  const { isZoomed, onPointer, onSelect, onDraw } = settings;
  const range = (_: uPlot, min: number | null, max: number | null): [number, number] =>
    min === null || max === null ? [0, 1] : chartRange({ min, max }, unit, isZoomed());
  return {
    width: plot.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false, setScale: false, dist: 5 }, points: { size: 7 } },
    padding: [12, () => (ownAxis < 0 ? margins.right : 0), 0, 0],
    scales: { y: { range }, total: { range } },
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
      setCursor: [onPointer],
      setSelect: [(chart) => selectRange(chart, onSelect)],
      draw: [(chart) => drawThreshold(chart, threshold, limitColour), onDraw],
    },
  };
}

/** Returns the axes: of time, on the left, and on the right if one line has its own. */
function axesFor({ unit, muted, plot, ownAxis, margins }: PlotSettings): uPlot.Axis[] {
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
    size: (chart, labels) => growMargin(margins, 'left', widthOfLabels(chart, labels)),
    gap: 6,
  };
  if (ownAxis < 0) return [time, left];
  const size: uPlot.Axis.Size = (chart, labels) => growMargin(margins, 'right', widthOfLabels(chart, labels));
  return [time, left, { ...left, size, scale: 'total', side: 1, grid: { show: false } }];
}

function growMargin(margins: Margins, side: keyof Margins, width: number): number {
  margins[side] = Math.max(margins[side], width);
  return margins[side];
}

function selectRange(chart: uPlot, onSelect: PlotSettings['onSelect']): void {
  const { left, width } = chart.select;
  if (width === 0) return;
  const [min, max] = [chart.posToVal(left, 'x'), chart.posToVal(left + width, 'x')];
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onSelect({ min, max });
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
  return Math.ceil(longest) + 16;
}

/** Adds an alpha value to `rgb(1, 2, 3)`, the form of computed styles. */
function withAlpha(colour: string, alpha: number): string {
  return colour.replace(/^rgb\(([^)]+)\)$/, (_, parts: string) => `rgba(${parts}, ${alpha})`);
}
