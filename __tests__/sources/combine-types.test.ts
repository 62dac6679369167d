import { combineSources, type MetricFamily, type MetricsSource, type Sample } from '../../lib/index.ts';
import { serve } from '../support/clients.ts';
import { collectAll } from '../support/collect.ts';
import { linesOf } from '../support/prom-clients.ts';
import { histogram, number, source } from '../support/typed-sources.ts';

const HISTOGRAM = (instance: string) => [
  `h_bucket{instance="${instance}",le="0.5"} 1`,
  `h_bucket{instance="${instance}",le="1"} 2`,
  `h_bucket{instance="${instance}",le="+Inf"} 3`,
  `h_sum{instance="${instance}"} 1.5`,
  `h_count{instance="${instance}"} 3`,
];
const SUMMARY = (instance: string) => [
  `h{instance="${instance}",quantile="0.5"} 0.25`,
  `h_sum{instance="${instance}"} 1.5`,
  `h_count{instance="${instance}"} 3`,
];
const line = (name: string, instance: string) => `${name}{instance="${instance}"} 7`;
const repaired = (name: string) => ({
  phase: 'collect',
  error: expect.objectContaining({
    code: 'ERR_METRICS_REPAIRED_DOCUMENT',
    message: `family "${name}": its type differs between the sources, so its series are served as untyped`,
  }),
});

async function scraped(sources: MetricsSource[], options: Parameters<typeof combineSources>[1] = {}) {
  const source = combineSources(sources, { join: true, ...options });
  const { get, failures } = await serve({ source, onSourceError: 'fail' });
  const { status, text } = await get('/metrics');
  expect(status).toBe(200);
  const again = await get('/metrics');
  expect(again.text).toBe(text);
  const types = text.split('\n').filter((one) => one.startsWith('# TYPE '));
  return {
    types: types.map((one) => one.slice(7)),
    lines: linesOf(text).filter((one) => !one.startsWith('#')),
    failures,
  };
}

describe('types that differ lose no series, and are reported once', () => {
  test.each<[string, MetricsSource[], string[], string[]]>([
    [
      'gauge and untyped',
      [source('a', 'h gauge'), source('b', 'h untyped')],
      ['h untyped'],
      [line('h', 'a'), line('h', 'b')],
    ],
    [
      'counter, gauge and counter',
      [source('a', 'h counter'), source('b', 'h gauge'), source('c', 'h counter')],
      ['h untyped'],
      ['a', 'b', 'c'].map((instance) => line('h', instance)),
    ],
    [
      'a histogram and a gauge',
      [source('a', 'x gauge', 'h histogram'), source('b', 'h gauge', 'x gauge')],
      ['x gauge', 'h_bucket untyped', 'h_count untyped', 'h_sum untyped', 'h gauge'],
      [line('x', 'a'), line('x', 'b'), ...HISTOGRAM('a'), line('h', 'b')],
    ],
    [
      'a histogram and a summary',
      [source('a', 'h histogram'), source('b', 'h summary'), source('c', 'h histogram')],
      ['h untyped', 'h_bucket untyped', 'h_count untyped', 'h_sum untyped'],
      [...HISTOGRAM('a'), ...SUMMARY('b'), ...HISTOGRAM('c')],
    ],
    [
      'a summary and an untyped family',
      [source('a', 'h untyped'), source('b', 'h summary')],
      ['h untyped', 'h_count untyped', 'h_sum untyped'],
      [line('h', 'a'), ...SUMMARY('b')],
    ],
    [
      'a histogram, and its series as families of their own',
      [source('a', 'h_bucket untyped', 'h_sum untyped', 'h_count untyped'), source('b', 'h histogram')],
      ['h_bucket untyped', 'h_count untyped', 'h_sum untyped'],
      [...['h_bucket', 'h_sum', 'h_count'].map((name) => line(name, 'a')), ...HISTOGRAM('b')],
    ],
    [
      'two histograms before one of their series',
      [source('a', 'h histogram', 'z gauge'), source('b', 'h histogram'), source('c', 'y gauge', 'h_sum gauge')],
      ['h_bucket untyped', 'h_count untyped', 'h_sum untyped', 'y gauge', 'z gauge'],
      [...HISTOGRAM('a'), line('z', 'a'), ...HISTOGRAM('b'), line('h_sum', 'c'), line('y', 'c')],
    ],
  ])('%s', async (_what, sources, types, lines) => {
    for (const order of [sources, [...sources].reverse()]) {
      const found = await scraped(order);
      expect(found.types.sort()).toEqual([...types].sort());
      expect(found.lines).toEqual([...lines].sort());
      expect(new Set(found.failures.map(({ error }) => (error as Error).message)).size).toBe(found.failures.length);
      expect(found.failures).toContainEqual(repaired(found.failures.length > 1 ? 'h_sum' : 'h'));
    }
  });
});

test('types that agree stay, also where names look like those of series', async () => {
  const { types, failures } = await scraped([
    source('a', 'h histogram', 'x_sum gauge', 's summary', 's_bucket gauge'),
    source('b', 's summary', 'h histogram', 'x_sum gauge'),
  ]);
  expect(types.sort()).toEqual(['h histogram', 's summary', 's_bucket gauge', 'x_sum gauge']);
  expect(failures).toEqual([]);
});

test('the labels that all families declare are those of their series', async () => {
  const declared = (family: Omit<MetricFamily, 'name' | 'labelNames'>): MetricsSource => ({
    collect: () => [{ name: 'h', labelNames: ['instance'], help: 'how long', ...family }],
  });
  const { families } = await collectAll(
    combineSources(
      [declared({ type: 'histogram', samples: [histogram('a')] }), declared({ type: 'gauge', samples: [number('b')] })],
      { join: true },
    ),
  );
  const described = families.map(({ name, help, labelNames }) => ({ name, help, labelNames }));
  expect(described.find(({ name }) => name === 'h_bucket')?.labelNames).toEqual(['instance', 'le']);
  expect(described.find(({ name }) => name === 'h_sum')?.labelNames).toEqual(['instance']);
  expect(new Set(described.map(({ help }) => help))).toEqual(new Set(['how long']));
});

test('a sample whose value is no histogram is dropped alone', async () => {
  const samples = [number('a'), histogram('c'), { ...histogram('d'), value: {} as never }];
  const broken: MetricsSource = { collect: () => [{ name: 'h', type: 'histogram', samples }] };
  const source = combineSources([broken, { collect: () => [{ name: 'h', type: 'gauge', samples: [number('b')] }] }], {
    join: true,
  });
  for (const path of ['/metrics', '/metrics.json']) {
    const { get, failures } = await serve({ source });
    const { status, text } = await get(path);
    expect(status).toBe(200);
    expect(text).not.toMatch(/instance"?[=:]"[ad]"/);
    if (path === '/metrics') expect(linesOf(text)).toEqual(expect.arrayContaining([...HISTOGRAM('c'), line('h', 'b')]));
    const messages = new Set(failures.map(({ error }) => (error as Error).message));
    expect([...messages].filter((one) => one.startsWith('its value is'))).toEqual([
      expect.stringMatching(/^its value is 7; write \{ count, sum, bounds/),
      expect.stringMatching(/^its value is \{\}; write \{ count, sum, bounds/),
    ]);
  }
});

test('a histogram that is larger than the buffer is dropped as a whole next to a gauge, and reported', async () => {
  const many = (): Sample[] => Array.from({ length: 200 }, (_, i) => histogram(`a${i}`));
  const sources: MetricsSource[] = [
    { collect: () => [{ name: 'h', type: 'gauge', samples: [number('b')] }] },
    { collect: () => [{ name: 'h', type: 'histogram', samples: many().values() }] },
  ];
  const { families, reports } = await collectAll(combineSources(sources, { join: true, maxBuffered: 4_096 }));
  expect(families.map(({ name, samples }) => `${name} ${samples.length}`)).toEqual(['h 1']);
  expect(reports).toEqual(['h: sources[1]: expected the type gauge, as in sources[0], got histogram']);
  const { families: all } = await collectAll(combineSources(sources, { join: true }));
  expect(Object.fromEntries(all.map(({ name, samples }) => [name, samples.length]))).toEqual({
    h: 1,
    h_bucket: 600,
    h_sum: 200,
    h_count: 200,
  });
});
