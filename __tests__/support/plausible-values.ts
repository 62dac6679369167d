import type { MetricFamily, Sample } from '../../lib/model/metric-family.ts';

/** Replaces the numbers of histograms and summaries by consistent ones: cumulative counts and quantiles from 0 to 1. */
export function withPlausibleValues({ samples, ...family }: MetricFamily): MetricFamily {
  return {
    ...family,
    samples: (samples as Sample[]).map((sample) => ({ ...sample, value: plausibleValue(sample.value) })),
  };
}

function plausibleValue(value: Sample['value']): Sample['value'] {
  if (typeof value === 'number') return value;
  if ('quantiles' in value) return { ...value, quantiles: value.quantiles.map((_, i) => i / value.quantiles.length) };
  const bounds = [...value.bounds].sort((a, b) => a - b);
  return { ...value, bounds, cumulativeCounts: bounds.map((_, i) => Math.floor((value.count * i) / bounds.length)) };
}
