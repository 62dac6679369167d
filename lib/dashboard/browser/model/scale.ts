import { format } from './format.ts';
import { type Range, rangeOf } from './history.ts';
import type { Unit } from './units.ts';

type Values = readonly (number | null | undefined)[];

/** How often a total may be as large as the largest of the other lines on the same axis. */
const MAX_RATIO = 4;

/** Maximum number of significant digits of an axis' labels. */
const MAX_DIGITS = 12;

/** Maximum distance of a label's number from its line, relative to that between lines. */
const MAX_SHIFT = 0.05;

/** Space above the highest value, relative to the range. */
const MARGIN = 0.1;

/** Relative difference up to which values are the same apart from rounding errors. */
const ROUNDING = 1e-9;

/** Height of an axis without zero, relative to the largest value: what changes by less looks steady. */
const MIN_HEIGHT = 0.2;

/** Units of which a gauge may be far from zero, so that a change would not be seen. */
const FAR_FROM_ZERO: readonly Unit['of'][] = ['bytes', 'volts'];

/** Units of which zero is no origin. */
const WITHOUT_ORIGIN: readonly Unit['of'][] = ['timestamp', 'celsius'];

/**
 * Returns the range of a large chart's axis. It contains zero, unless the user has zoomed in or zero says nothing: a
 * memory of some GiB has a range in which a change can be seen, but is not exaggerated.
 */
export function chartRange(
  range: Pick<Range, 'min' | 'max'>,
  { of, perSecond = false }: Unit,
  isZoomed: boolean,
): [low: number, high: number] {
  const { min, max } = range;
  const mayLeaveZero = !perSecond && FAR_FROM_ZERO.includes(of);
  const [low, high] = axisRange(range);
  if (isZoomed || (!perSecond && WITHOUT_ORIGIN.includes(of)) || (low <= 0 && high >= 0)) return [low, high];
  if (!mayLeaveZero) return [Math.min(0, min * (1 + MARGIN)), Math.max(0, max * (1 + MARGIN))];
  const missing = MIN_HEIGHT * Math.max(Math.abs(min), Math.abs(max)) - (high - low);
  return missing <= 0 ? [low, high] : [low - missing / 2, high + missing / 2];
}

/**
 * Returns a range in which the values fill the axis. It starts at zero unless all values are far from it. A constant
 * value is in the middle, and zero at the bottom.
 */
export function axisRange({ min, max }: Pick<Range, 'min' | 'max'>): [low: number, high: number] {
  if (max - min <= Math.abs(max) * ROUNDING) return min === 0 ? [0, 1] : [Math.min(0, max * 2), Math.max(0, max * 2)];
  const margin = (max - min) * MARGIN;
  if (min >= 0 && min < (max - min) * 2) return [0, max + margin];
  return max <= 0 && -max < (max - min) * 2 ? [min - margin, 0] : [min - margin, max + margin];
}

/** Returns the range of a small chart without an axis. Its area is filled down to zero, where zero means nothing. */
export function areaRange({ min, max }: Pick<Range, 'min' | 'max'>, { of }: Unit): [low: number, high: number] {
  const hasOrigin = !WITHOUT_ORIGIN.includes(of);
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

/** Returns the labels of an axis, with as many digits as they need to differ and to be at their lines, none twice. */
export function axisLabels(splits: readonly number[], unit: Unit): string[] {
  const exactUnit = { ...unit, bounds: undefined };
  // Removes rounding errors, so that 0.30000000000000004 becomes 0.3.
  const texts = (digits: number) =>
    splits.map((value) => format(Number(value.toPrecision(MAX_DIGITS)), exactUnit, digits));
  const exact = texts(MAX_DIGITS).map(numberIn);
  const step = Math.abs((splits[1] ?? 0) - (splits[0] ?? 0));
  const isOff = (label: string, i: number) =>
    unit.of !== 'timestamp' && Math.abs((numberIn(label) / exact[i]! - 1) * splits[i]!) > MAX_SHIFT * step;
  let labels: string[] = [];
  for (let digits = 3; digits <= MAX_DIGITS; digits++) {
    labels = texts(digits);
    if (new Set(labels).size === labels.length && !labels.some(isOff)) return labels;
  }
  return labels.map((label, i) => (label === labels[i - 1] ? '' : label));
}

const numberIn = (label: string) => Number.parseFloat(label.replaceAll(',', '').replace('−', '-'));
