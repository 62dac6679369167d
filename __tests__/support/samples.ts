import type { MetricFamily, Sample } from '../../lib/index.ts';

/** The containers in which a source can give samples. All but the first two can be read only once. */
export const SAMPLE_CONTAINERS: readonly (readonly [
  way: string,
  give: (samples: readonly Sample[]) => MetricFamily['samples'],
])[] = [
  ['an array', (samples) => [...samples]],
  ['an iterable', (samples) => ({ [Symbol.iterator]: () => samples.values() })],
  ['an iterator', (samples) => samples.values()],
  [
    'an async iterable',
    async function* (samples) {
      yield* samples;
    },
  ],
];
