import { createRegistry } from '../../../lib/sources/registry.ts';
import { collectAll, scrape } from '../../support/collect.ts';
import { seriesOf } from '../../support/registries.ts';

const help = 'h';
const DROPPED = 'metrics_series_dropped_total';
const labelNames = ['queue'];

let warnings: jest.SpyInstance;

beforeEach(() => {
  warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});

afterEach(() => jest.restoreAllMocks());

test('a counter and a histogram count series beyond maxSeries in one more series, a gauge drops them', async () => {
  const registry = createRegistry({ labels: { region: 'eu' } });
  const counter = registry.counter({ name: 'c', help, labelNames: ['queue', 'host'], maxSeries: 2 });
  const gauge = registry.gauge({ name: 'g', help, labelNames, maxSeries: 2 });
  const histogram = registry.histogram({ name: 'h', help, labelNames, buckets: [], maxSeries: 1 });
  for (let i = 0; i < 5; i++) {
    counter.inc({ queue: i, host: 'a' });
    gauge.set({ queue: i }, i);
    histogram.observe({ queue: i }, i);
  }
  const histogramOf = (count: number, sum: number) => ({ count, sum, bounds: [], cumulativeCounts: [] });
  expect(await seriesOf(registry)).toEqual({
    'c{queue="0",host="a",region="eu"}': 1,
    'c{queue="1",host="a",region="eu"}': 1,
    'c{queue="other",host="other",region="eu"}': 3,
    'g{queue="0",region="eu"}': 0,
    'g{queue="1",region="eu"}': 1,
    'h{queue="0",region="eu"}': histogramOf(1, 0),
    'h{queue="other",region="eu"}': histogramOf(4, 10),
    [`${DROPPED}{family="c",region="eu"}`]: 3,
    [`${DROPPED}{family="g",region="eu"}`]: 3,
    [`${DROPPED}{family="h",region="eu"}`]: 4,
  });
});

test('the number of dropped updates is there only once there is one', async () => {
  const registry = createRegistry();
  const gauge = registry.gauge({ name: 'g', help, labelNames, maxSeries: 1 });
  gauge.set({ queue: 'a' }, 1);
  expect(await seriesOf(registry)).toEqual({ 'g{queue="a"}': 1 });
  gauge.set({ queue: 'b' }, 1);
  const wants = jest.fn((name: string) => name !== DROPPED);
  expect((await collectAll(registry, { wants })).families.map(({ name }) => name)).toEqual(['g']);
  const { families } = await collectAll(registry);
  expect(families[1]).toEqual({
    name: DROPPED,
    type: 'counter',
    help: 'Updates of series beyond the maximum number of series of their family.',
    labelNames: ['family'],
    samples: [{ labels: { family: 'g' }, value: 1 }],
  });
});

test('one warning is emitted for each family', () => {
  const registry = createRegistry();
  const counter = registry.counter({ name: 'c', help, labelNames, maxSeries: 1 });
  const gauge = registry.gauge({ name: 'g', help, labelNames, maxSeries: 1 });
  for (let i = 0; i < 4; i++) counter.inc({ queue: i });
  for (let i = 0; i < 4; i++) gauge.inc({ queue: i });
  const once = `(once per family; ${DROPPED} counts them)`;
  expect(warnings.mock.calls).toEqual([
    [
      `createRegistry: the family "c" has 1 series (maxSeries); updates of further ones count in the series whose label values are "other" ${once}`,
      'MetricsLossWarning',
    ],
    [
      `createRegistry: the family "g" has 1 series (maxSeries); updates of further ones are dropped ${once}`,
      'MetricsLossWarning',
    ],
  ]);
});

test('a family has 10,000 series by default, however many label sets there are', async () => {
  const registry = createRegistry();
  const counter = registry.counter({ name: 'c', help, labelNames });
  const gauge = registry.gauge({ name: 'g', help, labelNames: ['a', 'b'] });
  for (let i = 0; i < 30_000; i++) {
    counter.inc({ queue: `queue-${i}` });
    gauge.set({ a: i % 300, b: i }, i);
  }
  const { families } = await collectAll(registry);
  expect(families.map(({ samples }) => samples.length)).toEqual([10_001, 10_000, 2]);
  expect(families[2]?.samples.map(({ value }) => value)).toEqual([20_000, 20_000]);
});

test('a handle beyond the limit gets its own series once there is room', async () => {
  const registry = createRegistry();
  const counter = registry.counter({ name: 'c', help, labelNames, maxSeries: 1 });
  const gauge = registry.gauge({ name: 'g', help, labelNames, maxSeries: 1 });
  counter.inc({ queue: 'a' });
  gauge.set({ queue: 'a' }, 1);
  const [count, depth] = [counter.labels('b'), gauge.labels('b')];
  count.inc();
  depth.set(2);
  counter.remove('a');
  gauge.remove('a');
  count.inc();
  depth.set(3);
  expect(await seriesOf(registry)).toMatchObject({ 'c{queue="b"}': 1, 'c{queue="other"}': 1, 'g{queue="b"}': 3 });
});

test('a label value that is `other` by itself is never a second series', async () => {
  const registry = createRegistry();
  const counter = registry.counter({ name: 'c', help, labelNames, maxSeries: 1 });
  counter.inc({ queue: 'other' });
  counter.inc({ queue: 'a' });
  counter.inc({ queue: 'b' });
  counter.labels('other').inc();
  expect(await seriesOf(registry)).toMatchObject({ 'c{queue="other"}': 3, 'c{queue="a"}': 1 });
  counter.remove('other');
  counter.inc({ queue: 'c' }, 5);
  expect(await seriesOf(registry)).toMatchObject({ 'c{queue="other"}': 5, 'c{queue="a"}': 1 });
});

describe('with expireAfter', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] }));
  afterEach(() => jest.useRealTimers());

  test('series that are not updated for that long are removed, and start again', async () => {
    const registry = createRegistry();
    const counter = registry.counter({ name: 'c', help, labelNames, expireAfter: 1_000 });
    const [a, b] = [counter.labels('a'), counter.labels('b')];
    a.inc(5);
    b.inc(5);
    jest.advanceTimersByTime(999);
    b.inc(5);
    expect(await seriesOf(registry)).toEqual({ 'c{queue="a"}': 5, 'c{queue="b"}': 10 });
    jest.advanceTimersByTime(1);
    expect(await seriesOf(registry)).toEqual({ 'c{queue="b"}': 10 });
    a.inc(1);
    expect(await seriesOf(registry)).toEqual({ 'c{queue="a"}': 1, 'c{queue="b"}': 10 });
  });

  test('a series starts again even if no scrape or update has removed it before', async () => {
    const registry = createRegistry();
    const counter = registry.counter({ name: 'c', help, labelNames, expireAfter: 10 });
    for (const queue of ['a', 'b', 'c', 'd', 'e']) counter.inc({ queue });
    jest.advanceTimersByTime(10);
    counter.inc({ queue: 'e' });
    expect(await seriesOf(registry)).toEqual({ 'c{queue="e"}': 1 });
  });

  test('a metric without labels expires too', async () => {
    const registry = createRegistry();
    const gauge = registry.gauge({ name: 'g', help, expireAfter: 10 });
    gauge.set(3);
    jest.advanceTimersByTime(10);
    expect(await seriesOf(registry)).toEqual({});
    gauge.inc();
    expect(await seriesOf(registry)).toEqual({ g: 1 });
  });

  test('expired series make room for others', async () => {
    const registry = createRegistry();
    const gauge = registry.gauge({ name: 'g', help, labelNames, maxSeries: 2, expireAfter: 10 });
    gauge.set({ queue: 'a' }, 1);
    gauge.set({ queue: 'b' }, 2);
    jest.advanceTimersByTime(10);
    gauge.set({ queue: 'c' }, 3);
    gauge.set({ queue: 'd' }, 4);
    gauge.set({ queue: 'e' }, 5);
    expect(await seriesOf(registry)).toEqual({
      'g{queue="c"}': 3,
      'g{queue="d"}': 4,
      [`${DROPPED}{family="g"}`]: 1,
    });
  });

  test('an update removes two series, and a scrape 10,000 of each family', () => {
    const registry = createRegistry();
    const gauge = registry.gauge({ name: 'g', help, labelNames, maxSeries: 30_000, expireAfter: 10 });
    for (let queue = 0; queue < 25_000; queue++) gauge.set({ queue }, 1);
    jest.advanceTimersByTime(10);
    const [{ samples }] = registry.collect(scrape({ wants: () => true })) as unknown as [{ samples: Iterable<object> }];
    expect([...samples]).toHaveLength(15_000);
    gauge.set({ queue: 24_999 }, 1);
    expect([...samples]).toHaveLength(14_998);
    gauge.set({ queue: 'new' }, 1);
    expect([...samples]).toHaveLength(14_997);
  });

  test('no timer is started', () => {
    const registry = createRegistry();
    registry.gauge({ name: 'g', help, labelNames, expireAfter: 10 }).set({ queue: 'a' }, 1);
    void registry.collect(scrape());
    expect(jest.getTimerCount()).toBe(0);
  });
});
