/** A number above which the value of a metric is marked. */
export interface Threshold {
  /** Name of a metric. */
  readonly name: string;
  /** In the unit of the metric; per second for a counter, the 95th percentile for a histogram. */
  readonly above: number;
}

/** Thresholds of metrics that mean the same in all services. */
const DEFAULTS: readonly Threshold[] = [
  { name: 'nodejs_eventloop_delay_seconds', above: 0.1 },
  { name: 'nodejs_eventloop_utilization', above: 0.9 },
];

/** Share of requests that may fail. */
export const MAX_ERROR_SHARE = 0.05;

/** Share of the memory limit that may be used. */
export const MAX_MEMORY_SHARE = 0.9;

/** Returns the thresholds by name: the usual ones, unless others have their names. */
export function thresholdsByName(thresholds: readonly Threshold[]): ReadonlyMap<string, number> {
  return new Map([...DEFAULTS, ...thresholds].map(({ name, above }) => [name, above]));
}

export const isAbove = (value: number | null, limit: number | undefined): boolean =>
  value !== null && limit !== undefined && value > limit;
