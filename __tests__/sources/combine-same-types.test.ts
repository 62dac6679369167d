import { combineSources, type MetricFamily, type MetricsSource, type Sample } from '../../lib/index.ts';
import { collectAll } from '../support/collect.ts';
import { number, source } from '../support/typed-sources.ts';

/** Families of the join as `name type samples`, sorted, and what was reported. */
async function joined(...sources: MetricsSource[]) {
  const { families, reports } = await collectAll(combineSources(sources, { join: true }));
  return { families: families.map(({ name, type, samples }) => `${name} ${type} ${samples.length}`).sort(), reports };
}

test.each<[string, MetricsSource[], string[]]>([
  [
    'next to another family',
    [source('a', 'h histogram', 'h_sum gauge'), source('b', 'x gauge')],
    ['h histogram 1', 'h_sum gauge 1', 'x gauge 1'],
  ],
  [
    'next to the same histogram',
    [source('a', 'h_sum gauge', 'h histogram'), source('b', 'h histogram')],
    ['h histogram 2', 'h_sum gauge 1'],
  ],
  [
    'of several sources',
    [source('a', 'h histogram', 'h_sum gauge'), source('b', 'h_sum gauge', 'h histogram')],
    ['h histogram 2', 'h_sum gauge 2'],
  ],
])('a histogram that clashes with its own source alone stays one: %s', async (_what, sources, families) => {
  for (const order of [sources, [...sources].reverse()]) {
    expect(await joined(...order)).toEqual({ families, reports: [] });
  }
});

describe('a family without samples changes the type of no other', () => {
  const emptyOf: Record<string, () => MetricFamily['samples']> = {
    'an array': () => [],
    'a generator': () => [].values(),
    'an async generator': async function* () {},
  };
  const empty = (samples: () => MetricFamily['samples'], ...families: string[]): MetricsSource => ({
    collect: () =>
      families.map((family) => {
        const [name, type] = family.split(' ') as [string, MetricFamily['type']];
        return { name, type, samples: samples() };
      }),
  });

  test.each(Object.entries(emptyOf))('%s', async (_what, samples) => {
    const full = source('a', 'h histogram', 's summary', 'g gauge');
    for (const [families, extra] of [
      [['h gauge', 's histogram', 'g histogram'], []],
      [['g summary', 's untyped', 'h counter'], []],
      [['h_count gauge'], ['h_count gauge 0']],
      [
        ['s_sum gauge', 'h_bucket untyped'],
        ['h_bucket untyped 0', 's_sum gauge 0'],
      ],
    ] as const) {
      const expected = { families: ['h histogram 1', 's summary 1', 'g gauge 1', ...extra].sort(), reports: [] };
      expect(await joined(full, empty(samples, ...families))).toEqual(expected);
      expect(await joined(empty(samples, ...families), full)).toEqual(expected);
    }
  });

  test.each(Object.entries(emptyOf))('%s, where none has samples', async (_what, samples) => {
    const found = await joined(empty(samples, 'h histogram', 'z gauge'), empty(samples, 'h gauge', 'z gauge'));
    expect(found).toEqual({ families: ['h histogram 0', 'z gauge 0'], reports: [] });
  });
});

test('a family that fails before it is known to have samples costs no other family', async () => {
  const failing: MetricsSource = {
    collect: () => [
      {
        name: 'h',
        type: 'gauge',
        // biome-ignore lint/correctness/useYield: it fails before its first sample.
        samples: (function* (): Generator<Sample> {
          throw new Error('lost');
        })(),
      },
      { name: 'z', type: 'gauge', samples: [number('b')] },
    ],
  };
  for (const sources of [
    [source('a', 'h histogram', 'z gauge'), failing],
    [failing, source('a', 'h histogram', 'z gauge')],
  ]) {
    const { families, reports } = await joined(...sources);
    expect(families).toEqual(['h histogram 1', 'z gauge 2']);
    expect(reports).toEqual([expect.stringMatching(/^h: sources\[.\] failed: its samples of the family are missing$/)]);
  }
});
