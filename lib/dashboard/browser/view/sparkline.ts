import { duration, format } from '../model/format.ts';
import { rangeOf } from '../model/history.ts';
import { areaRange } from '../model/scale.ts';
import type { TimeRange } from '../model/time-selection.ts';
import type { Unit } from '../model/units.ts';
import { el, setAttribute, setText, svg } from './dom.ts';

const WIDTH = 120;
const HEIGHT = 28;
const MARGIN = 3;

export interface Sparkline {
  readonly element: HTMLElement;
  /** Draws a line. The range of time is that of all lines that are shown together. */
  draw(line: Line, range: TimeRange): void;
}

interface Line {
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
  readonly unit: Unit;
}

export function createSparkline(): Sparkline {
  const picture = svg('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    role: 'img',
    class: 'spark',
  });
  const area = svg('path', { class: 'spark-area' });
  const curve = svg('path', { class: 'spark-line', 'vector-effect': 'non-scaling-stroke' });
  picture.append(area, curve);
  const highest = el('span');
  const lowest = el('span');
  const range = el('span', { className: 'spark-range', 'aria-hidden': 'true' }, highest, lowest);
  const element = el('span', { className: 'spark-cell' }, picture, range);
  return {
    element,
    draw(line, timeRange) {
      const { times, values, unit } = line;
      const segments = segmentsOf(line, timeRange);
      setAttribute(curve, 'd', segments.map(lineOf).join(''));
      setAttribute(
        area,
        'd',
        segments
          .filter((points) => points.length > 1)
          .map(areaOf)
          .join(''),
      );
      const description = describe(times, values, unit);
      setAttribute(picture, 'aria-label', description);
      setAttribute(element, 'title', description);
      const { min, max } = rangeOf(values) ?? {};
      setText(highest, max === undefined ? '' : format(max, unit));
      setText(lowest, min === undefined || min === max ? '' : format(min, unit));
    },
  };
}

type Points = (readonly [x: number, y: number])[];

/** Splits the line at missing values. */
function segmentsOf({ times, values, unit }: Line, { min: first, max: last }: TimeRange): Points[] {
  const [low, high] = areaRange(rangeOf(values) ?? { min: 0, max: 0 }, unit);
  const span = last - first || 1;
  const segments: Points[] = [];
  let isOpen = false;
  for (const [i, value] of values.entries()) {
    if (value === null) {
      isOpen = false;
      continue;
    }
    const x = ((times[i]! - first) / span) * WIDTH;
    const y = HEIGHT - MARGIN - ((value - low) / (high - low)) * (HEIGHT - 2 * MARGIN);
    if (!isOpen) segments.push([]);
    segments.at(-1)!.push([round(x), round(y)]);
    isOpen = true;
  }
  return segments;
}

const round = (number: number) => Math.round(number * 10) / 10;

function lineOf(points: Points): string {
  // A single point is a line without length; only its round ends are visible.
  return `M${points.map((point) => point.join()).join('L')}${points.length === 1 ? 'h0' : ''}`;
}

function areaOf(points: Points): string {
  return `${lineOf(points)}L${points.at(-1)![0]},${HEIGHT}L${points[0]![0]},${HEIGHT}Z`;
}

/** Describes the line for screen readers. */
export function describe(times: readonly number[], values: readonly (number | null | undefined)[], unit: Unit): string {
  const range = rangeOf(values);
  if (range === undefined) return 'no values yet';
  const seconds = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return `now ${format(range.last, unit)}, from ${format(range.min, unit)} to ${format(range.max, unit)} within ${duration(seconds)}`;
}
