import type { LabelSet, Sample } from '../../model/metric-family.ts';

/** Adds a registry's default labels behind a sample's own, which win. */
export function withDefaultLabels(samples: Iterable<Sample>, defaults: LabelSet): Iterable<Sample> {
  const names = Object.keys(defaults);
  if (names.length === 0) return samples;
  return {
    *[Symbol.iterator]() {
      for (const sample of samples) {
        const labels: Record<string, string> = { ...sample.labels };
        for (const name of names) labels[name] ??= defaults[name] as string;
        yield { ...sample, labels };
      }
    },
  };
}
