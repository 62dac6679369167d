import type { MetricFamily, Sample } from '../model/metric-family.ts';

/** Name of the counter that each registry has once it had more series than `maxSeries` in some family. */
export const DROPPED_SERIES = 'metrics_series_dropped_total';

/** Merges the counters of several registries, whose families have different names. */
export function mergeDroppedSeries(families: readonly MetricFamily[]): MetricFamily | undefined {
  const [first, ...others] = families;
  if (first === undefined || others.length === 0) return first;
  return { ...first, samples: families.flatMap(({ samples }) => samples as readonly Sample[]) };
}
