import type { MetricType } from './document.ts';

/** Unit of a number. With `perSecond`, it is the unit of a rate. */
export interface Unit {
  readonly of: 'number' | 'seconds' | 'bytes' | 'ratio' | 'percent' | 'timestamp' | 'celsius' | 'volts';
  readonly perSecond?: boolean;
  /** Factor to the base unit: 0.001 for `_milliseconds`. */
  readonly scale?: number;
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
  [/_ratio$/, { of: 'ratio' }],
  [/_percent$/, { of: 'percent' }],
  [/_celsius$/, { of: 'celsius' }],
  [/_volts$/, { of: 'volts' }],
];

/** Returns the unit of a family's values; for histograms and summaries, that of the observations. */
export function unitOf(name: string, type: MetricType): Unit {
  const stem = name.toLowerCase().replace(/_(total|sum)$/, '');
  const unit = ENDINGS.find(([ending]) => ending.test(stem))?.[1] ?? { of: 'number' };
  // Distributions and totals are of durations, never of points in time.
  return unit.of === 'timestamp' && type !== 'gauge' && type !== 'untyped' ? { of: 'seconds' } : unit;
}

/** How the values of several series are combined. Temperatures, for example, cannot be added. */
export type Aggregation = 'sum' | 'avg' | 'max';

export function aggregationOf({ of }: Unit, type: MetricType): Aggregation {
  if ((type !== 'gauge' && type !== 'untyped') || of === 'number' || of === 'bytes') return 'sum';
  return of === 'timestamp' ? 'max' : 'avg';
}

/** Returns the unit of a counter's rate. */
export function perSecond(unit: Unit): Unit {
  return { ...unit, perSecond: true };
}

/** Unit of the rate of a histogram or summary. */
export const OBSERVATIONS_PER_SECOND: Unit = { of: 'number', perSecond: true };
