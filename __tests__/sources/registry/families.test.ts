import { isReiterable } from '../../../lib/model/iterables.ts';
import { createRegistry } from '../../../lib/sources/registry.ts';
import { collectAll, scrape } from '../../support/collect.ts';
import { render, seriesOf } from '../../support/registries.ts';

const help = 'h';

describe('with a clock that stands still', () => {
  beforeEach(() => jest.useFakeTimers({ now: 1_700_000_000_000, doNotFake: ['nextTick', 'setImmediate'] }));
  afterEach(() => jest.useRealTimers());

  test('timers measure seconds, and merge the labels of their start and end', async () => {
    const registry = createRegistry();
    const histogram = registry.histogram({ name: 'h', help, labelNames: ['a', 'b'], buckets: [1] });
    const gauge = registry.gauge({ name: 'g', help, labelNames: ['a'] });
    const bare = registry.gauge({ name: 'bare', help });
    const ends = [
      histogram.startTimer({ a: 'x' }),
      gauge.startTimer(),
      bare.startTimer(),
      histogram.labels('x', 'z').startTimer(),
      gauge.labels('z').startTimer(),
    ] as const;
    jest.advanceTimersByTime(1_500);
    expect(ends[0]({ b: 'y' })).toBe(1.5);
    expect([ends[1]({ a: 'y' }), ends[2](), ends[3](), ends[4]()]).toEqual([1.5, 1.5, 1.5, 1.5]);
    const once = { count: 1, sum: 1.5, bounds: [1], cumulativeCounts: [0] };
    expect(await seriesOf(registry)).toEqual({
      'h{a="x",b="y"}': once,
      'h{a="x",b="z"}': once,
      'g{a="y"}': 1.5,
      'g{a="z"}': 1.5,
      bare: 1.5,
    });
  });

  test('a gauge is set to the seconds since the epoch', async () => {
    const registry = createRegistry();
    registry.gauge({ name: 'a', help }).setToCurrentTime();
    const labelled = registry.gauge({ name: 'b', help, labelNames: ['q'] });
    labelled.setToCurrentTime({ q: 'x' });
    labelled.labels('y').setToCurrentTime();
    expect(await seriesOf(registry)).toEqual({ a: 1.7e9, 'b{q="x"}': 1.7e9, 'b{q="y"}': 1.7e9 });
  });

  test('exemplars are written in OpenMetrics, the last one of each series and bucket', async () => {
    const registry = createRegistry();
    const counter = registry.counter({ name: 'c_total', help, labelNames: ['q'] });
    const histogram = registry.histogram({ name: 'h', help, buckets: [1, 2] });
    counter.inc({ q: 'a' });
    counter.inc({ q: 'b' }, 2, { trace_id: 'one' });
    const exemplar = { trace_id: 'two' };
    counter.labels('b').inc(3, exemplar);
    exemplar.trace_id = 'three';
    histogram.observe(1.5, exemplar);
    exemplar.trace_id = 'four';
    histogram.labels().observe(9, exemplar);
    exemplar.trace_id = 'changed later';
    expect(await render(registry, 'openmetrics')).toBe(
      [
        '# TYPE c counter',
        '# HELP c h',
        'c_total{q="a"} 1',
        'c_total{q="b"} 5 # {trace_id="two"} 3 1700000000',
        '# TYPE h histogram',
        '# HELP h h',
        'h_bucket{le="1.0"} 0',
        'h_bucket{le="2.0"} 1 # {trace_id="three"} 1.5 1700000000',
        'h_bucket{le="+Inf"} 2 # {trace_id="four"} 9 1700000000',
        'h_sum 10.5',
        'h_count 2',
        '# EOF',
        '',
      ].join('\n'),
    );
    counter.remove('b');
    counter.inc({ q: 'new' });
    histogram.reset();
    expect(await render(registry, 'openmetrics')).not.toContain('trace_id');
  });
});

test('constant labels follow those of each series', async () => {
  const registry = createRegistry({ labels: { region: 'eu', shard: 7 } });
  registry.counter({ name: 'c', help, labelNames: ['q'] }).inc({ q: 'a' });
  registry.gauge({ name: 'g', help }).set(1);
  expect(await seriesOf(registry)).toEqual({
    'c{q="a",region="eu",shard="7"}': 1,
    'g{region="eu",shard="7"}': 1,
  });
});

test('families have what was declared, in the order of their creation', async () => {
  const registry = createRegistry({ labels: { region: 'eu' } });
  registry.histogram({ name: 'h_seconds', help: 'Time.', unit: 'seconds', labelNames: ['route'] });
  registry.gauge({ name: 'g', help: 'Depth.', aggregator: 'max' });
  registry.counter({ name: 'c', help: '' });
  const { families } = await collectAll(registry);
  expect(families.map(({ samples, ...head }) => head)).toEqual([
    { name: 'h_seconds', help: 'Time.', type: 'histogram', unit: 'seconds', labelNames: ['route', 'region'] },
    { name: 'g', help: 'Depth.', type: 'gauge', labelNames: ['region'], aggregator: 'max' },
    { name: 'c', help: '', type: 'counter', labelNames: ['region'] },
  ]);
});

test('every scrape has the same family objects, whose samples can be read again', () => {
  const registry = createRegistry();
  const counter = registry.counter({ name: 'c', help, labelNames: ['q'] });
  registry.histogram({ name: 'h', help });
  const [first, second] = [[...(registry.collect(scrape()) as [])], [...(registry.collect(scrape()) as [])]];
  expect(first).toHaveLength(2);
  for (const [i, family] of first.entries()) expect(second[i]).toBe(family);
  counter.inc({ q: 'a' });
  const { samples } = first[0] as unknown as { samples: Iterable<object> };
  expect(isReiterable(samples)).toBe(true);
  const [once, again] = [[...samples], [...samples]] as { labels: object }[][];
  expect(once).toEqual(again);
  expect(once?.[0]).not.toBe(again?.[0]);
  expect(once?.[0]?.labels).toBe(again?.[0]?.labels);
});

test('a pass over the samples is not disturbed by a reset or by growth in its midst', () => {
  const registry = createRegistry();
  const gauge = registry.gauge({ name: 'g', help, labelNames: ['q'] });
  for (let q = 0; q < 4; q++) gauge.set({ q }, q);
  const [family] = registry.collect(scrape()) as unknown as [
    { samples: Iterable<{ labels: { q: string }; value: number }> },
  ];
  const seen: [string, number][] = [];
  for (const { labels, value } of family.samples) {
    seen.push([labels.q, value]);
    if (seen.length === 1) {
      gauge.reset();
      for (let q = 9; q >= 0; q--) gauge.set({ q }, -q);
    }
  }
  expect(seen).toEqual([
    ['0', 0],
    ['1', 1],
    ['2', 2],
    ['3', 3],
  ]);
});

test('a pass that grew stale shows no value of one series for another', () => {
  const registry = createRegistry();
  const gauge = registry.gauge({ name: 'g', help, labelNames: ['q'] });
  for (let q = 0; q < 4; q++) gauge.set({ q }, q);
  const [family] = registry.collect(scrape()) as unknown as [{ samples: Iterable<{ labels: object; value: number }> }];
  const seen: unknown[] = [];
  for (const { labels, value } of family.samples) {
    seen.push({ ...labels, value });
    if (seen.length > 1) continue;
    gauge.set({ q: 'grows' }, 100);
    gauge.remove({ q: 3 });
    gauge.set({ q: 'reuses' }, 200);
  }
  expect(seen).toEqual([0, 1, 2, 3].map((q) => ({ q: String(q), value: q })));
});
