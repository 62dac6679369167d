import type { MetricFamily, MetricsSource, Sample } from '../../lib/index.ts';

type Type = MetricFamily['type'];

export const histogram = (instance: string): Sample => ({
  labels: { instance },
  value: { count: 3, sum: 1.5, bounds: [0.5, 1], cumulativeCounts: [1, 2] },
});
const summary = (instance: string): Sample => ({
  labels: { instance },
  value: { count: 3, sum: 1.5, quantiles: [0.5], values: [0.25] },
});
export const number = (instance: string): Sample => ({ labels: { instance }, value: 7 });

/** Creates a source of families that are written as `name type`, each with one sample of the instance. */
export function source(instance: string, ...families: string[]): MetricsSource {
  const samplesOf = (type: Type) =>
    type === 'histogram' ? histogram(instance) : type === 'summary' ? summary(instance) : number(instance);
  return {
    collect: () =>
      families.map((family): MetricFamily => {
        const [name, type] = family.split(' ') as [string, Type];
        return { name, type, samples: [samplesOf(type)] };
      }),
  };
}
