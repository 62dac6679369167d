import { createRegistry } from '../../lib/sources/registry.ts';
import { collectAll } from '../support/collect.ts';
import { seriesOf } from '../support/registries.ts';

const help = 'h';

describe('a counter', () => {
  test('without labels starts at 0 and adds 1 or a number', async () => {
    const registry = createRegistry();
    const counter = registry.counter({ name: 'c_total', help });
    expect(await seriesOf(registry)).toEqual({ c_total: 0 });
    counter.inc();
    counter.inc(2.5);
    counter.inc(0);
    expect(await seriesOf(registry)).toEqual({ c_total: 3.5 });
  });

  test('with labels has the series that were updated', async () => {
    const registry = createRegistry();
    const counter = registry.counter({ name: 'c_total', help, labelNames: ['queue'] });
    expect(await seriesOf(registry)).toEqual({});
    counter.inc({ queue: 'a' });
    counter.inc({ queue: 'a' }, 2);
    counter.inc({ queue: 'b' }, 0);
    expect(await seriesOf(registry)).toEqual({ 'c_total{queue="a"}': 3, 'c_total{queue="b"}': 0 });
  });
});

test('a gauge is set, increased and decreased, to any number', async () => {
  const registry = createRegistry();
  const gauge = registry.gauge({ name: 'g', help, labelNames: ['a', 'b'] });
  gauge.set({ a: 'x', b: 'y' }, 5);
  gauge.inc({ a: 'x', b: 'y' });
  gauge.dec({ b: 'y', a: 'x' }, 2);
  gauge.inc({ a: 'x', b: 'z' }, -1);
  gauge.set({ a: 'y', b: 'x' }, Number.NEGATIVE_INFINITY);
  gauge.dec({ a: '', b: '' });
  expect(await seriesOf(registry)).toEqual({
    'g{a="x",b="y"}': 4,
    'g{a="x",b="z"}': -1,
    'g{a="y",b="x"}': Number.NEGATIVE_INFINITY,
    'g{a="",b=""}': -1,
  });
});

test('a histogram counts each number in the first bucket whose bound it does not exceed', async () => {
  const registry = createRegistry();
  const histogram = registry.histogram({ name: 'h', help, buckets: [-1, 0.5, 2] });
  const bounds = [-1, 0.5, 2];
  expect(await seriesOf(registry)).toEqual({ h: { count: 0, sum: 0, bounds, cumulativeCounts: [0, 0, 0] } });
  for (const value of [-3, -1, 0.5, 0.50001, 2, 2.5, 1e300]) histogram.observe(value);
  expect(await seriesOf(registry)).toEqual({
    h: { count: 7, sum: 1e300, bounds, cumulativeCounts: [2, 3, 5] },
  });
});

test("a histogram has prom-client's buckets by default, and may have none", async () => {
  const registry = createRegistry();
  registry.histogram({ name: 'h', help });
  registry.histogram({ name: 'none', help, buckets: [] }).observe(3);
  const { h, none } = (await seriesOf(registry)) as Record<string, { bounds: number[] }>;
  expect(h?.bounds).toEqual([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]);
  expect(none).toEqual({ count: 1, sum: 3, bounds: [], cumulativeCounts: [] });
});

test('label sets are told apart by all of their values, whatever the order of the labels', async () => {
  const registry = createRegistry();
  const counter = registry.counter({ name: 'c', help, labelNames: ['a', 'b', 'c'] });
  const texts = ['', 'x', 'y', 'xy', 'a="x"', '\u0000', '😀'];
  const expected: Record<string, number> = {};
  for (const a of texts) {
    for (const b of texts) {
      for (const c of texts) {
        counter.inc({ c, a, b }, texts.indexOf(a) + 10 * texts.indexOf(b) + 100 * texts.indexOf(c));
        expected[`c{a="${a}",b="${b}",c="${c}"}`] = texts.indexOf(a) + 10 * texts.indexOf(b) + 100 * texts.indexOf(c);
      }
    }
  }
  expect(await seriesOf(registry)).toEqual(expected);
});

test.each([
  ['one label', ['v']],
  ['two labels', ['v', 'w']],
])('values of %s that are no strings are those of their text', async (_, labelNames) => {
  const registry = createRegistry();
  const counter = registry.counter({ name: 'c', help, labelNames });
  const values: unknown[] = [200, '200', 0, -0, true, 'true', undefined, null, 'null', 10n, new Date(0), [1, 2]];
  for (const v of values) counter.inc(Object.fromEntries(labelNames.map((name) => [name, v])) as never);
  const totals = new Map<string, number>();
  for (const v of values) totals.set(`${v}`, (totals.get(`${v}`) ?? 0) + 1);
  const { families } = await collectAll(registry);
  expect(families[0]?.samples.map(({ labels, value }) => [labels.v, value])).toEqual([...totals]);
});

describe('a handle', () => {
  test('updates its series, which the first update creates', async () => {
    const registry = createRegistry();
    const a = registry.counter({ name: 'c', help, labelNames: ['q'] }).labels({ q: 'a' });
    const b = registry.gauge({ name: 'g', help, labelNames: ['q', 'r'] }).labels('b', 'r');
    const c = registry.histogram({ name: 'h', help, labelNames: ['q'], buckets: [1] }).labels('c');
    expect(await seriesOf(registry)).toEqual({});
    a.inc();
    a.inc(4);
    b.set(7);
    b.inc();
    b.inc(2);
    b.dec();
    b.dec(3);
    c.observe(0.5);
    expect(await seriesOf(registry)).toEqual({
      'c{q="a"}': 5,
      'g{q="b",r="r"}': 6,
      'h{q="c"}': { count: 1, sum: 0.5, bounds: [1], cumulativeCounts: [1] },
    });
  });

  test('of a metric without labels is that of its series', async () => {
    const registry = createRegistry();
    registry.counter({ name: 'c', help }).labels().inc();
    expect(await seriesOf(registry)).toEqual({ c: 1 });
  });

  test('creates its series again after it was removed, and never counts for another', async () => {
    const registry = createRegistry();
    const counter = registry.counter({ name: 'c', help, labelNames: ['q'] });
    const [first, second] = [counter.labels('a'), counter.labels('a')];
    first.inc();
    second.inc();
    counter.remove({ q: 'a' });
    expect(await seriesOf(registry)).toEqual({});
    counter.inc({ q: 'b' }, 10);
    first.inc(3);
    second.inc(4);
    expect(await seriesOf(registry)).toEqual({ 'c{q="b"}': 10, 'c{q="a"}': 7 });
    counter.reset();
    counter.inc({ q: 'c' }, 20);
    second.inc(5);
    expect(await seriesOf(registry)).toEqual({ 'c{q="c"}': 20, 'c{q="a"}': 5 });
  });
});

test('remove takes an object or values, and ignores a series that does not exist', async () => {
  const registry = createRegistry();
  const gauge = registry.gauge({ name: 'g', help, labelNames: ['a', 'b'] });
  for (const n of [1, 2, 3]) gauge.set({ a: n, b: 'x' }, n);
  gauge.remove({ b: 'x', a: '1' });
  gauge.remove(2, 'x');
  gauge.remove({ a: '9', b: 'x' });
  gauge.remove({ a: '3', b: 'y' });
  expect(await seriesOf(registry)).toEqual({ 'g{a="3",b="x"}': 3 });
});

test('reset removes the series with labels, and sets those without to 0', async () => {
  const registry = createRegistry();
  const bare = registry.counter({ name: 'c', help });
  const labelled = registry.gauge({ name: 'g', help, labelNames: ['q'] });
  const histogram = registry.histogram({ name: 'h', help, buckets: [1] });
  const fill = () => {
    bare.inc();
    labelled.set({ q: 'a' }, 1);
    histogram.observe(1);
  };
  fill();
  bare.reset();
  labelled.reset();
  histogram.reset();
  const empty = { c: 0, h: { count: 0, sum: 0, bounds: [1], cumulativeCounts: [0] } };
  expect(await seriesOf(registry)).toEqual(empty);
  fill();
  registry.resetMetrics();
  expect(await seriesOf(registry)).toEqual(empty);
});

test('zero creates an empty series of a histogram, and empties one that exists', async () => {
  const registry = createRegistry();
  const histogram = registry.histogram({ name: 'h', help, labelNames: ['q'], buckets: [1] });
  histogram.observe({ q: 'b' }, 3);
  histogram.zero({ q: 'a' });
  histogram.zero({ q: 'b' });
  const empty = { count: 0, sum: 0, bounds: [1], cumulativeCounts: [0] };
  expect(await seriesOf(registry)).toEqual({ 'h{q="a"}': empty, 'h{q="b"}': empty });
});

test.each([
  ['one label', ['v']],
  ['two labels', ['v', 'w']],
])('values of %s that are written alike are those of one series', async (_, labelNames) => {
  const registry = createRegistry();
  const counter = registry.counter({ name: 'c', help, labelNames });
  let calls = 0;
  const changing = { toString: () => `text ${calls++ % 2}` };
  for (const v of ['\ud800', '\udc00', '\ufffd', changing, changing, changing, `${'long '.repeat(9)}\ud800`]) {
    for (let i = 0; i < 3; i++) counter.inc(Object.fromEntries(labelNames.map((name) => [name, v])) as never);
  }
  const { families } = await collectAll(registry);
  const texts = families[0]?.samples.map(({ labels }) => JSON.stringify(labels)) ?? [];
  expect(new Set(texts).size).toBe(texts.length);
  expect(texts.every((text) => text.isWellFormed())).toBe(true);
  expect(families[0]?.samples.reduce((sum, { value }) => sum + (value as number), 0)).toBe(21);
  expect(families[0]?.samples[0]).toMatchObject({ labels: { v: '\ufffd' }, value: 9 });
});

test('names of labels that objects have of their own accord are labels like others', async () => {
  const registry = createRegistry();
  const labelNames = ['constructor', 'toString', 'length'] as const;
  const counter = registry.counter({ name: 'c', help, labelNames });
  counter.inc({ constructor: 'a', toString: 'b', length: 3 } as never);
  expect(await seriesOf(registry)).toEqual({ 'c{constructor="a",toString="b",length="3"}': 1 });
  expect(() => counter.inc({ constructor: 'a', length: 1 } as never)).toThrow(TypeError);
});
