import type { Unit } from './units.ts';

const MISSING = '–';

/** Units by size, largest first. */
type Steps = readonly (readonly [number, string])[];

const DURATIONS: Steps = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
];
const DECIMAL: Steps = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];
const BINARY: Steps = [
  [1024 ** 4, 'TiB'],
  [1024 ** 3, 'GiB'],
  [1024 ** 2, 'MiB'],
  [1024, 'KiB'],
  [1, 'B'],
];
const SMALL: Steps = [
  [1e-3, 'ms'],
  [1e-6, 'µs'],
  [1e-9, 'ns'],
];

/** Formats a number with three or a few more significant digits, or the given number of them, and its unit. */
export function format(value: number | null | undefined, unit: Unit = { of: 'number' }, digits = 3): string {
  if (value === null || value === undefined || Number.isNaN(value)) return MISSING;
  if (unit.bounds !== undefined) return estimate(value, unit.bounds, { ...unit, bounds: undefined });
  if (!Number.isFinite(value)) return value > 0 ? '+∞' : '−∞';
  const text = inUnit(value * (unit.scale ?? 1), unit, digits).replace(/^-/, '−');
  return unit.perSecond ? `${text}/s` : text;
}

/** Formats a quantile with the digits that the width of its bucket supports. */
function estimate(value: number, bounds: readonly number[], unit: Unit): string {
  const first = bounds[0]!;
  const last = bounds.at(-1)!;
  if (value <= first) return `≤ ${format(first, unit)}`;
  if (value >= last) return `≥ ${format(last, unit)}`;
  const at = bounds.findIndex((bound) => bound >= value);
  const [lower, upper] = [bounds[at - 1]!, bounds[at]!];
  const digit = 10 ** Math.floor(Math.log10(upper - lower));
  const rounded = Number((Math.round(value / digit) * digit).toPrecision(12));
  return `≈ ${format(Math.min(upper, Math.max(lower, rounded)), unit)}`;
}

/** Formats a number with all digits, for a tooltip: `1,234,567.25`. */
export function exact(value: number | null): string {
  return value === null ? MISSING : value.toLocaleString('en', { maximumFractionDigits: 20 });
}

export function percent(share: number | null): string {
  return share === null ? MISSING : inPercent(share * 100, 3);
}

/** Formats a duration, rounded to one unit: `3 min`, `2 h`, `5 d`. */
export function duration(seconds: number): string {
  // A unit is used from two of it on: 90 s is more precise than 2 min.
  const [size, name] = DURATIONS.find(([size]) => Math.abs(seconds) >= 2 * size) ?? [1, 's'];
  return `${Math.round(seconds / size)} ${name}`;
}

/** Formats the time of day of a Unix time (ms): `14:03:09`. */
export function clockTime(time: number): string {
  return new Date(time).toLocaleTimeString('en-GB');
}

function inUnit(value: number, { of, perSecond }: Unit, digits: number): string {
  switch (of) {
    case 'seconds':
      // Seconds per second are not written in minutes or hours: 0.05 s/s is 50 ms/s.
      return seconds(value, perSecond === true, digits);
    case 'bytes':
      return scaled(value, BINARY, digits);
    case 'ratio':
      return inPercent(value * 100, digits);
    case 'percent':
      return inPercent(value, digits);
    case 'timestamp':
      return timestamp(value, digits);
    case 'celsius':
      return `${significant(value, digits)} °C`;
    case 'volts':
      return `${significant(value, digits)} V`;
    case 'number':
      return Math.abs(value) < 10_000 ? significant(value, digits) : scaled(value, DECIMAL, digits);
  }
}

/** Formats small percentages without an exponent. */
function inPercent(value: number, digits: number): string {
  const isSmall = value !== 0 && Math.abs(value) < 1e-4;
  const text = isSmall
    ? value.toLocaleString('en', { maximumSignificantDigits: digits, maximumFractionDigits: 20 })
    : significant(value, digits);
  return `${text} %`;
}

function seconds(value: number, isRate: boolean, digits: number): string {
  const size = Math.abs(value);
  if (size !== 0 && size < 1) return scaled(value, SMALL, digits);
  if (isRate || size < 120) return `${significant(value, digits)} s`;
  if (size < 7200) return `${significant(value / 60, digits)} min`;
  return size < 172_800 ? `${significant(value / 3600, digits)} h` : `${significant(value / 86_400, digits)} d`;
}

/** Formats a time. A value before 1973 is taken for a duration, as in `response_time_seconds`. */
function timestamp(value: number, digits: number): string {
  if (value < 1e8) return seconds(value, false, digits);
  const date = new Date(value * 1000);
  if (Number.isNaN(date.getTime())) return significant(value, digits);
  const two = (part: number) => String(part).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

function scaled(value: number, steps: Steps, digits: number): string {
  const smallest = steps.at(-1)!;
  const [size, name] = steps.find(([size]) => Math.abs(value) >= size) ?? smallest;
  return `${significant(value / size, digits)} ${name}`;
}

/** Formats integers with all digits, others with three or more, and very small or large numbers with an exponent. */
function significant(value: number, digits = 3): string {
  const size = Math.abs(value);
  if (size >= 1e15 || (size !== 0 && size < 1e-4)) return value.toExponential(digits - 1);
  if (Number.isInteger(value) || size >= 10 ** (digits - 1)) return grouped(Math.round(value));
  return String(Number(value.toPrecision(digits)));
}

const grouped = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
