import type { MetricType } from './document.ts';

/** What a number counts; `perSecond` for the rate of a counter of it. */
export interface Unit {
  readonly of: 'number' | 'seconds' | 'bytes' | 'ratio' | 'percent' | 'timestamp' | 'celsius' | 'volts';
  readonly perSecond?: boolean;
  /** What one is: `_milliseconds` are 0.001 of a second. */
  readonly scale?: number;
}

/** By the endings that Prometheus and OpenMetrics have in use: https://prometheus.io/docs/practices/naming/#base-units */
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

/** The unit of a family's values: of a histogram's or a summary's observations, of a counter's total. */
export function unitOf(name: string, type: MetricType): Unit {
  const stem = name.toLowerCase().replace(/_(total|sum)$/, '');
  const unit = ENDINGS.find(([ending]) => ending.test(stem))?.[1] ?? { of: 'number' };
  // A distribution or a total of points in time makes no sense: it is of durations.
  return unit.of === 'timestamp' && type !== 'gauge' && type !== 'untyped' ? { of: 'seconds' } : unit;
}

/** How values of several series are told as one: a total of temperatures, or of points in time, would say nothing. */
export type Aggregation = 'sum' | 'avg' | 'max';

export function aggregationOf({ of }: Unit, type: MetricType): Aggregation {
  if ((type !== 'gauge' && type !== 'untyped') || of === 'number' || of === 'bytes') return 'sum';
  return of === 'timestamp' ? 'max' : 'avg';
}

/** The unit of a counter's rate. */
export function perSecond(unit: Unit): Unit {
  return { ...unit, perSecond: true };
}

/** What a histogram's or a summary's rate is of. */
export const OBSERVATIONS_PER_SECOND: Unit = { of: 'number', perSecond: true };
