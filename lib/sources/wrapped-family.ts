import type { MetricFamily } from '../model/metric-family.ts';
import { markOf } from '../model/series-mark.ts';

/** Returns the name; an empty one if it cannot be read, as members may be getters that throw. */
export function nameOf(family: MetricFamily): string {
  try {
    return family.name;
  } catch {
    return '';
  }
}

/**
 * Returns the family with other samples. Returns a family that cannot be read unchanged: the encoder gets the error, and
 * reports it.
 */
export function withSamples(
  family: MetricFamily,
  replace: (family: MetricFamily) => MetricFamily['samples'],
): MetricFamily {
  try {
    // Each is read explicitly, as members may be inherited.
    const { name, help, type, unit, labelNames, aggregator, samples } = family;
    const members = { name, help, type, unit, labelNames, aggregator, samples };
    const copy = members satisfies Record<keyof MetricFamily, unknown> as MetricFamily;
    return { ...markOf(family), ...copy, samples: replace(copy) };
  } catch {
    return family;
  }
}
