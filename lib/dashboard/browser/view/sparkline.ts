import { duration, format } from '../model/format.ts';
import { rangeOf } from '../model/history.ts';
import { axisRange } from '../model/scale.ts';
import type { Unit } from '../model/units.ts';
import { el, setAttribute, setText, svg } from './dom.ts';

const WIDTH = 120;
const HEIGHT = 28;
const MARGIN = 3;

export interface Sparkline {
  readonly element: HTMLElement;
  draw(times: readonly number[], values: readonly (number | null)[], unit: Unit): void;
}

export function createSparkline(): Sparkline {
  const picture = svg('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    role: 'img',
    class: 'spark',
  });
  const area = svg('path', { class: 'spark-area' });
  const line = svg('path', { class: 'spark-line', 'vector-effect': 'non-scaling-stroke' });
  picture.append(area, line);
  const highest = el('span');
  const lowest = el('span');
  const range = el('span', { className: 'spark-range', 'aria-hidden': 'true' }, highest, lowest);
  return {
    element: el('span', { className: 'spark-cell' }, picture, range),
    draw(times, values, unit) {
      const segments = segmentsOf(times, values);
      setAttribute(line, 'd', segments.map(lineOf).join(''));
      setAttribute(
        area,
        'd',
        segments
          .filter((points) => points.length > 1)
          .map(areaOf)
          .join(''),
      );
      setAttribute(picture, 'aria-label', describe(times, values, unit));
      const { min, max } = rangeOf(values) ?? {};
      setText(highest, max === undefined ? '' : format(max, unit));
      setText(lowest, min === undefined || min === max ? '' : format(min, unit));
    },
  };
}

type Points = (readonly [x: number, y: number])[];

/** Splits the line at missing values. */
function segmentsOf(times: readonly number[], values: readonly (number | null)[]): Points[] {
  const [low, high] = axisRange(rangeOf(values) ?? { min: 0, max: 0 });
  const first = times[0] ?? 0;
  const span = (times.at(-1) ?? 0) - first || 1;
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
