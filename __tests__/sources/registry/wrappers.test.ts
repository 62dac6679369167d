import { COLUMNS, type ColumnarSamples } from '../../../lib/encoders/columns.ts';
import { combineSources, hideIdle, limitSeries, type MetricFamily, type MetricsSource } from '../../../lib/index.ts';
import { Aggregate } from '../../../lib/sources/cluster/aggregate.ts';
import { clusterSource } from '../../../lib/sources/cluster.ts';
import { createRegistry, type Registry } from '../../../lib/sources/registry.ts';
import { checkedSource } from '../../../lib/testing.ts';
import { collectAll, scrape } from '../../support/collect.ts';
import fc from '../../support/property.ts';
import { render, seriesOf } from '../../support/registries.ts';
import { familiesOf, tablesOf } from '../../support/tables.ts';

const help = 'h';
const FORMATS = ['json', 'prometheus-text', 'openmetrics'] as const;

beforeEach(() => jest.spyOn(process, 'emitWarning').mockImplementation(() => {}));
afterEach(() => jest.restoreAllMocks());

/** A registry with everything: labels and none, exemplars, free slots, dropped series, callbacks of both kinds. */
function mixedRegistry() {
  const registry = createRegistry({ labels: { region: 'eu' } });
  registry.counter({ name: 'bare_total', help });
  const one = registry.counter({ name: 'one_total', help, labelNames: ['queue'], maxSeries: 20 });
  const two = registry.gauge({ name: 'two', help, labelNames: ['pool', 'queue'], aggregator: 'max' });
  const seconds = registry.histogram({
    name: 'a_seconds',
    help,
    unit: 'seconds',
    labelNames: ['route'],
    buckets: [1, 2],
  });
  let collected = 0;
  registry.gauge({ name: 'collected', help, collect: (gauge) => gauge.set(++collected) });
  registry.gauge({ name: 'later', help, labelNames: ['n'], collect: async (gauge) => gauge.set({ n: 1 }, 2) });
  return {
    registry,
    move(step: number): void {
      for (let i = 0; i < 30; i++) {
        one.inc({ queue: i }, step, { trace_id: `${i}` });
        two.set({ pool: i % 3, queue: i }, i * step);
        seconds.observe({ route: `/${i % 4}` }, i / 10, { trace_id: `${step}` });
      }
      for (let i = 0; i < 30; i += 4) two.remove(i % 3, i);
      one.remove({ queue: step });
    },
  };
}

/** Sources that change nothing as long as their limits are not reached. */
const WRAPPERS: [string, (source: MetricsSource) => MetricsSource][] = [
  ['combineSources', (source) => combineSources([source])],
  ['combineSources with join', (source) => combineSources([source], { join: true })],
  ['hideIdle', (source) => hideIdle(source, { idleFor: 60_000, families: ['one_total', 'two', 'a_seconds'] })],
  ['limitSeries', (source) => limitSeries(source, { perFamily: 1_000 })],
  ['checkedSource', checkedSource],
  ['several of them', (source) => checkedSource(limitSeries(combineSources([source]), { perFamily: 1_000 }))],
];

test.each(WRAPPERS)('%s gives the same documents as the registry, scrape after scrape', async (_, wrap) => {
  for (const format of FORMATS) {
    const [plain, other] = [mixedRegistry(), mixedRegistry()];
    const wrapped = wrap(other.registry);
    jest.spyOn(Date, 'now').mockReturnValue(1_700_000_000_000);
    for (let step = 1; step < 4; step++) {
      plain.move(step);
      other.move(step);
      const text = await render(wrapped, format);
      expect(text).toBe(await render(plain.registry, format));
      expect(text).toContain('metrics_series_dropped_total');
    }
  }
});

test('limitSeries and hideIdle leave out series of a registry', async () => {
  const registry = createRegistry();
  const gauge = registry.gauge({ name: 'g', help, labelNames: ['q'] });
  for (const q of ['a', 'b', 'c']) gauge.set({ q }, 1);
  expect(await seriesOf(limitSeries(registry, { perFamily: 2 }))).toEqual({
    'g{q="a"}': 1,
    'g{q="b"}': 1,
    'metrics_series_over_limit{family="g"}': 1,
  });
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
  const active = hideIdle(registry, { idleFor: 1_000, families: ['g'] });
  await seriesOf(active);
  jest.advanceTimersByTime(1_001);
  gauge.set({ q: 'b' }, 2);
  expect(await seriesOf(active)).toEqual({ 'g{q="b"}': 2 });
  jest.useRealTimers();
});

test('the counters of dropped series of several registries are one family', async () => {
  const registries = ['x', 'y', 'z'].map((name) => {
    const registry = createRegistry();
    const counter = registry.counter({ name, help, labelNames: ['q'], maxSeries: 1 });
    counter.inc({ q: 'a' });
    if (name !== 'y') counter.inc({ q: 'b' });
    return registry;
  });
  const both = { 'metrics_series_dropped_total{family="x"}': 1, 'metrics_series_dropped_total{family="z"}': 1 };
  for (const options of [{}, { join: true }]) {
    const { families, reports } = await collectAll(combineSources(registries, options));
    expect(reports).toEqual([]);
    expect(families.filter(({ name }) => name === 'metrics_series_dropped_total')).toHaveLength(1);
    expect(await seriesOf(combineSources(registries, options))).toMatchObject(both);
  }
});

test('a process without workers answers for its registry alone', async () => {
  const { registry, move } = mixedRegistry();
  move(1);
  const answer = await seriesOf(clusterSource(registry));
  expect(answer).toMatchObject({ 'one_total{queue="3",region="eu"}': 1, 'two{pool="2",queue="29",region="eu"}': 29 });
  const workers = ['cluster_workers{state="expected"}', 'cluster_workers{state="responded"}'];
  expect(Object.keys(answer)).toEqual([...Object.keys(await seriesOf(registry)), ...workers]);
});

test('the registries of several processes are merged by type and aggregator', async () => {
  const aggregate = new Aggregate();
  const statements = await Promise.all(
    [1, 2].map(async (step) => {
      const { registry, move } = mixedRegistry();
      move(step);
      const { families } = await collectAll(registry);
      return { workerId: String(step), tables: await tablesOf(families), isCurrent: true };
    }),
  );
  const { tables, losses } = await aggregate.merge(statements);
  expect(losses).toEqual([]);
  const merged = await seriesOf({ collect: () => familiesOf(tables) });
  expect(merged).toMatchObject({
    'bare_total{region="eu"}': 0,
    'one_total{queue="3",region="eu"}': 3,
    'two{pool="2",queue="29",region="eu"}': 58,
    'collected{region="eu"}': 2,
    'a_seconds{route="/1",region="eu"}': { count: 16, cumulativeCounts: [6, 10] },
    'metrics_series_dropped_total{family="one_total",region="eu"}': 20,
  });
});

describe('the columns of a family', () => {
  const columnsOf = (family: MetricFamily) => (family.samples as ColumnarSamples)[COLUMNS];
  const familiesIn = async (source: MetricsSource) => {
    const families: MetricFamily[] = [];
    for await (const family of await source.collect(scrape())) families.push(family);
    return families;
  };

  /** What columns say, as samples. */
  function samplesIn(family: MetricFamily): unknown[] {
    const { length, labels, values, width, bounds, exemplars } = columnsOf(family);
    return Array.from({ length }, (_, slot) => {
      if (labels[slot] === undefined) return [];
      if (bounds === undefined) {
        const exemplar = exemplars?.[slot];
        return [{ labels: labels[slot], value: values[slot], ...(exemplar && { exemplar }) }];
      }
      const [count, sum, ...counts] = values.slice(slot * width, (slot + 1) * width);
      const cumulative = counts.map((_count, i) => counts.slice(0, i + 1).reduce((total, one) => total + one, 0));
      expect(cumulative.pop()).toBe(count);
      const own = bounds.concat(Infinity).map((_bound, i) => exemplars?.[slot * (bounds.length + 1) + i]);
      const value = { count, sum, bounds, cumulativeCounts: cumulative };
      return [{ labels: labels[slot], value: own.some(Boolean) ? { ...value, exemplars: own } : value }];
    }).flat();
  }

  test('say what its samples say, whatever is done to it', async () => {
    const step = fc.record({ step: fc.integer({ min: 1, max: 40 }), reset: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 4 }), async (steps) => {
        const { registry, move } = mixedRegistry();
        for (const { step: by, reset } of steps) {
          move(by);
          if (reset) registry.resetMetrics();
        }
        for (const family of await familiesIn(registry)) {
          if (family.name === 'metrics_series_dropped_total') continue;
          expect(samplesIn(family)).toEqual([...(family.samples as Iterable<object>)]);
        }
      }),
    );
  });

  test('are not those of a family with other samples', async () => {
    const { registry, move } = mixedRegistry();
    move(1);
    for (const wrap of [checkedSource, (source: Registry) => limitSeries(source, { perFamily: 1 })]) {
      for (const family of await familiesIn(wrap(registry))) expect(columnsOf(family)).toBeUndefined();
    }
    for (const family of await familiesIn(registry)) {
      const copy = { ...family, samples: [...(family.samples as Iterable<object>)] as MetricFamily['samples'] };
      expect(columnsOf(copy)).toBeUndefined();
    }
  });

  test('are kept by a list of sources', async () => {
    const [family] = await familiesIn(combineSources([createRegistryWithGauge()]));
    expect(columnsOf(family as MetricFamily)).toMatchObject({ length: 1, width: 1 });
  });
});

function createRegistryWithGauge(): Registry {
  const registry = createRegistry();
  registry.gauge({ name: 'g', help });
  return registry;
}
