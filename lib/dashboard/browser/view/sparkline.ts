import { duration, format } from '../model/format.ts';
import { rangeOf } from '../model/history.ts';
import type { Unit } from '../model/units.ts';
import { setAttribute, svg } from './dom.ts';

const WIDTH = 120;
const HEIGHT = 28;
const MARGIN = 3;

export interface Sparkline {
  readonly element: SVGSVGElement;
  draw(times: readonly number[], values: readonly (number | null)[], unit: Unit): void;
}

export function createSparkline(): Sparkline {
  const element = svg('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    role: 'img',
    class: 'spark',
  });
  const area = svg('path', { class: 'spark-area' });
  const line = svg('path', { class: 'spark-line', 'vector-effect': 'non-scaling-stroke' });
  element.append(area, line);
  return {
    element,
    draw(times, values, unit) {
      const stretches = segmentsOf(times, values);
      setAttribute(line, 'd', stretches.map(lineOf).join(''));
      setAttribute(
        area,
        'd',
        stretches
          .filter((points) => points.length > 1)
          .map(areaOf)
          .join(''),
      );
      setAttribute(element, 'aria-label', describe(times, values, unit));
    },
  };
}

type Points = (readonly [x: number, y: number])[];

/** A gap wherever a value is missing. */
function segmentsOf(times: readonly number[], values: readonly (number | null)[]): Points[] {
  const { min, max } = rangeOf(values) ?? { min: 0, max: 0 };
  const first = times[0] ?? 0;
  const span = (times.at(-1) ?? 0) - first || 1;
  // What does not change is a line in the middle, and does not look like noise.
  const isFlat = max - min <= Math.abs(max) * 1e-9;
  const low = isFlat ? min - 1 : min;
  const height = isFlat ? 2 : max - min;
  const stretches: Points[] = [];
  let isOpen = false;
  for (const [i, value] of values.entries()) {
    if (value === null) {
      isOpen = false;
      continue;
    }
    const x = ((times[i]! - first) / span) * WIDTH;
    const y = HEIGHT - MARGIN - ((value - low) / height) * (HEIGHT - 2 * MARGIN);
    if (!isOpen) stretches.push([]);
    stretches.at(-1)!.push([round(x), round(y)]);
    isOpen = true;
  }
  return stretches;
}

const round = (number: number) => Math.round(number * 10) / 10;

function lineOf(points: Points): string {
  // A point alone is a line of no length, whose round ends show.
  return `M${points.map((point) => point.join()).join('L')}${points.length === 1 ? 'h0' : ''}`;
}

function areaOf(points: Points): string {
  return `${lineOf(points)}L${points.at(-1)![0]},${HEIGHT}L${points[0]![0]},${HEIGHT}Z`;
}

export function describe(times: readonly number[], values: readonly (number | null)[], unit: Unit): string {
  const range = rangeOf(values);
  if (range === undefined) return 'no values yet';
  const seconds = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return `now ${format(range.last, unit)}, from ${format(range.min, unit)} to ${format(range.max, unit)} within ${duration(seconds)}`;
}
