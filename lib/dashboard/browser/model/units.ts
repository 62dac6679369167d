import { isCumulative, type MetricType } from './document.ts';

/** Unit of a number. With `perSecond`, it is the unit of a rate. */
export interface Unit {
  readonly of: 'number' | 'seconds' | 'bytes' | 'ratio' | 'percent' | 'timestamp' | 'celsius' | 'volts';
  readonly perSecond?: boolean;
  /** Factor to the base unit: 0.001 for `_milliseconds`. */
  readonly scale?: number;
  /** Upper bounds of the buckets by which the number is estimated. Only as many digits are shown as they support. */
  readonly bounds?: readonly number[] | undefined;
}

/** Units by the endings of names, after https://prometheus.io/docs/practices/naming/#base-units */
const ENDINGS: readonly (readonly [RegExp, Unit])[] = [
  [/_(timestamp|time)_seconds$/, { of: 'timestamp' }],
  [/_(seconds|secs?)$/, { of: 'seconds' }],
  [/_(milliseconds|millis|ms)$/, { of: 'seconds', scale: 1e-3 }],
  [/_(microseconds|micros|us)$/, { of: 'seconds', scale: 1e-6 }],
  [/_(nanoseconds|nanos|ns)$/, { of: 'seconds', scale: 1e-9 }],
  [/_(kilobytes|kib)$/, { of: 'bytes', scale: 1024 }],
  [/_(megabytes|mib)$/, { of: 'bytes', scale: 1024 ** 2 }],
  [/_bytes$/, { of: 'bytes' }],
  [/_(ratio|fraction|utilization)$/, { of: 'ratio' }],
  [/_percent$/, { of: 'percent' }],
  [/_celsius$/, { of: 'celsius' }],
  [/_volts$/, { of: 'volts' }],
];

/** Units by words of the help text, such as `soft memory limit measured in bytes`. */
const HELP_WORDS: Readonly<Record<string, Unit>> = {
  seconds: { of: 'seconds' },
  milliseconds: { of: 'seconds', scale: 1e-3 },
  microseconds: { of: 'seconds', scale: 1e-6 },
  nanoseconds: { of: 'seconds', scale: 1e-9 },
  bytes: { of: 'bytes' },
  kibibytes: { of: 'bytes', scale: 1024 },
  mebibytes: { of: 'bytes', scale: 1024 ** 2 },
  percent: { of: 'percent' },
};
const HELP_UNIT = new RegExp(`(?:\\bin |\\(|^number of )(${Object.keys(HELP_WORDS).join('|')})\\b`, 'i');

/** Beginnings of helps of plain numbers, even if a unit follows: `Number of messages by size in bytes`. */
const HELP_OF_COUNT = /^(total )?(number|count) of (?!\w*(bytes|seconds)\b)/i;

const NUMBER: Unit = { of: 'number' };

/** Units by their symbols in UCUM, as OpenTelemetry uses them. The endings of names have the other symbols. */
const SYMBOLS: ReadonlyMap<string, Unit> = new Map([
  ['s', { of: 'seconds' }],
  ['By', { of: 'bytes' }],
  ['KiBy', { of: 'bytes', scale: 1024 }],
  ['MiBy', { of: 'bytes', scale: 1024 ** 2 }],
  ['%', { of: 'percent' }],
  ['Cel', { of: 'celsius' }],
  ['V', { of: 'volts' }],
]);

/** What a unit is derived from. */
export interface Measured {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  /** Unit that the family states; empty if it states none. */
  readonly statedUnit: string;
}

/**
 * Returns the unit of a family's values: the one that it states, or else that of its name, or else that of its help. For
 * histograms and summaries, it is that of the observations.
 */
export function unitOf({ name, type, help, statedUnit }: Measured): Unit {
  const named = unitInName(name);
  // Both a duration and a point in time are stated as seconds. Only the name tells which it is.
  if (named?.of === 'timestamp' && ['', 'seconds', 's'].includes(statedUnit))
    return isCumulative(type) ? { of: 'seconds' } : named;
  return unitInText(statedUnit) ?? named ?? unitInHelp(help);
}

function unitInName(name: string): Unit | undefined {
  const stem = name.toLowerCase().replace(/_(total|sum)$/, '');
  return ENDINGS.find(([ending]) => ending.test(stem))?.[1];
}

/** Returns a stated unit, such as `milliseconds` or `bytes_per_second`. One that is not known is that of a plain number. */
function unitInText(text: string): Unit | undefined {
  // The number 1 is the unit of counts and of shares.
  if (text === '' || text === '1') return undefined;
  const [, of = text, per] = /^(.+?)(_per_second|\/s)?$/.exec(text) ?? [];
  const unit = ENDINGS.find(([ending]) => ending.test(`_${of.toLowerCase()}`))?.[1] ?? SYMBOLS.get(of) ?? NUMBER;
  return per === undefined ? unit : perSecond(unit);
}

function unitInHelp(help: string): Unit {
  if (HELP_OF_COUNT.test(help)) return NUMBER;
  const [, word = ''] = HELP_UNIT.exec(help) ?? [];
  return HELP_WORDS[word.toLowerCase()] ?? NUMBER;
}

/** How the values of several series are combined. Temperatures, for example, cannot be added. */
export type Aggregation = 'sum' | 'avg' | 'max';

export function aggregationOf({ of }: Unit, type: MetricType): Aggregation {
  if (isCumulative(type) || of === 'number' || of === 'bytes') return 'sum';
  return of === 'timestamp' ? 'max' : 'avg';
}

/** Returns the unit of a quantile that is estimated by buckets. */
export function estimatedBy(unit: Unit, bounds: readonly number[]): Unit {
  return bounds.length === 0 ? unit : { ...unit, bounds };
}

/** Returns the unit of a counter's rate. */
export function perSecond(unit: Unit): Unit {
  return { ...unit, perSecond: true };
}

/** Unit of the rate of a histogram or summary. */
export const OBSERVATIONS_PER_SECOND: Unit = { of: 'number', perSecond: true };
