import type { MetricFamily } from '../model/metric-family.ts';

/** The name; none where it cannot be read: members may be getters, and getters may throw. */
export function nameOf(family: MetricFamily): string {
  try {
    return family.name;
  } catch {
    return '';
  }
}

/**
 * The family with other samples. One that cannot be read stays as it is: whoever reads it next meets the error, and
 * knows what it costs.
 */
export function withSamples(
  family: MetricFamily,
  replace: (family: MetricFamily) => MetricFamily['samples'],
): MetricFamily {
  try {
    // One by one, as they may be inherited.
    const { name, help, type, unit, labelNames, aggregator, samples } = family;
    const members = { name, help, type, unit, labelNames, aggregator, samples };
    const copy = members satisfies Record<keyof MetricFamily, unknown> as MetricFamily;
    return { ...copy, samples: replace(copy) };
  } catch {
    return family;
  }
}
