import { format } from './format.ts';
import { type Range, rangeOf } from './history.ts';
import type { Unit } from './units.ts';

type Values = readonly (number | null | undefined)[];

/** How often a total may be as large as the largest of the other lines on the same axis. */
const MAX_RATIO = 4;

/** Maximum number of significant digits of an axis' labels. */
const MAX_DIGITS = 12;

/** Space above the highest value, relative to the range. */
const MARGIN = 0.1;

/** Relative difference up to which values are the same apart from rounding errors. */
const ROUNDING = 1e-9;

/**
 * Returns the range of an axis. It starts at zero unless all values are far from it. A constant value is in the middle,
 * and zero at the bottom.
 */
export function axisRange({ min, max }: Pick<Range, 'min' | 'max'>): [low: number, high: number] {
  if (max - min <= Math.abs(max) * ROUNDING) return min === 0 ? [0, 1] : [Math.min(0, max * 2), Math.max(0, max * 2)];
  const margin = (max - min) * MARGIN;
  if (min >= 0 && min < (max - min) * 2) return [0, max + margin];
  return max <= 0 && -max < (max - min) * 2 ? [min - margin, 0] : [min - margin, max + margin];
}

/** Returns the range of a small chart without an axis. Its area is filled down to zero, where zero means nothing. */
export function areaRange({ min, max }: Pick<Range, 'min' | 'max'>, { of }: Unit): [low: number, high: number] {
  const hasOrigin = of !== 'timestamp' && of !== 'celsius';
  const [low, high] = [Math.min(0, min), Math.max(0, max)];
  if (!hasOrigin || low === high) return axisRange({ min, max });
  return [low * (1 + MARGIN), high * (1 + MARGIN)];
}

/** Whether a total is so much larger than the other lines that they would be flat on its axis. */
export function needsOwnAxis(total: Values, others: readonly Values[]): boolean {
  const largest = (values: Values) => {
    const range = rangeOf(values);
    return range === undefined ? 0 : Math.max(Math.abs(range.min), Math.abs(range.max));
  };
  const other = Math.max(0, ...others.map(largest));
  return other > 0 && largest(total) > MAX_RATIO * other;
}

/** Returns the labels of an axis, with as many digits as they need to differ, and none twice. */
export function axisLabels(splits: readonly number[], unit: Unit): string[] {
  const exactUnit = { ...unit, bounds: undefined };
  let labels: string[] = [];
  for (let digits = 3; digits <= MAX_DIGITS; digits++) {
    // Removes rounding errors, so that 0.30000000000000004 becomes 0.3.
    labels = splits.map((value) => format(Number(value.toPrecision(MAX_DIGITS)), exactUnit, digits));
    if (new Set(labels).size === labels.length) return labels;
  }
  return labels.map((label, i) => (label === labels[i - 1] ? '' : label));
}
