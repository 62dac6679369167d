import type { MetricFamily, Scrape } from '../../../lib/index.ts';
import { createRegistry, type Gauge, type Registry } from '../../../lib/sources/registry.ts';
import { collectAll, scrape } from '../../support/collect.ts';
import { seriesOf } from '../../support/registries.ts';

const help = 'h';

/** A registry with a gauge before, between and after two gauges with a callback each. */
function registryWith(...callbacks: ((gauge: Gauge) => void | Promise<void>)[]): Registry {
  const registry = createRegistry();
  registry.gauge({ name: 'first', help });
  for (const [i, collect] of callbacks.entries()) {
    registry.gauge({ name: `collected_${i}`, help, collect });
    registry.gauge({ name: `after_${i}`, help });
  }
  return registry;
}

const namesOf = ({ families }: Awaited<ReturnType<typeof collectAll>>) => families.map(({ name }) => name);

test('a callback updates its metric at each scrape, as its argument and as `this`', async () => {
  const registry = createRegistry();
  let n = 0;
  registry.gauge({ name: 'a', help, labelNames: ['q'], collect: (gauge) => gauge.set({ q: 'x' }, ++n) });
  registry.counter({
    name: 'b',
    help,
    collect() {
      this.inc(10);
    },
  });
  registry.histogram({ name: 'c', help, buckets: [], collect: (histogram) => histogram.observe(1) });
  await seriesOf(registry);
  expect(await seriesOf(registry)).toEqual({
    'a{q="x"}': 2,
    b: 20,
    c: { count: 2, sum: 2, bounds: [], cumulativeCounts: [] },
  });
});

test('families are a synchronous iterable unless a callback is asynchronous', () => {
  const sync = registryWith((gauge) => gauge.set(1)).collect(scrape());
  expect(Array.isArray(sync)).toBe(true);
  const wants = (name: string) => name !== 'collected_0';
  expect(Array.isArray(registryWith(async (gauge) => gauge.set(1)).collect(scrape({ wants })))).toBe(true);
  expect(Symbol.asyncIterator in registryWith(async (gauge) => gauge.set(1)).collect(scrape())).toBe(true);
});

test('the callback of a metric that the scrape does not want is not called', async () => {
  const collect = jest.fn();
  const registry = registryWith(collect);
  expect(namesOf(await collectAll(registry, { wants: (name) => name === 'first' }))).toEqual(['first']);
  expect(collect).not.toHaveBeenCalled();
});

test('asynchronous callbacks run at the same time, and the order of the families stays', async () => {
  let isSecondCalled = false;
  const registry = registryWith(
    async (gauge) => {
      while (!isSecondCalled) await new Promise(setImmediate);
      gauge.set(1);
    },
    async (gauge) => {
      isSecondCalled = true;
      gauge.set(2);
    },
  );
  expect(Object.entries(await seriesOf(registry))).toEqual([
    ['first', 0],
    ['collected_0', 1],
    ['after_0', 0],
    ['collected_1', 2],
    ['after_1', 0],
  ]);
});

test.each<[string, () => void | Promise<void>]>([
  [
    'throws',
    () => {
      throw new Error('lost');
    },
  ],
  ['rejects', () => Promise.reject(new Error('lost'))],
  [
    'rejects later',
    async () => {
      await new Promise(setImmediate);
      throw new Error('lost');
    },
  ],
])('a callback that %s drops its own family, which is reported', async (_, fail) => {
  const registry = registryWith(fail, async (gauge) => gauge.set(1));
  for (let i = 0; i < 2; i++) {
    const collected = await collectAll(registry);
    expect(namesOf(collected)).toEqual(['first', 'after_0', 'collected_1', 'after_1']);
    expect(collected.reports).toEqual(['collected_0: lost']);
  }
});

describe('a callback that hangs', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  function hanging() {
    const pending: (() => void)[] = [];
    const collect = jest.fn(() => new Promise<void>((resolve) => pending.push(resolve)));
    return { collect, end: () => pending.shift()?.() };
  }

  test('drops its family after 90 % of the scrape’s time, and is not called again before it ends', async () => {
    const { collect, end } = hanging();
    const registry = registryWith(collect);
    const late = collectAll(registry, { timeout: 1_000 });
    await jest.advanceTimersByTimeAsync(899);
    const other = collectAll(registry, { timeout: 10_000 });
    await jest.advanceTimersByTimeAsync(1);
    const { reports, families } = await late;
    expect(reports).toEqual(['collected_0: the callback collect did not finish in time']);
    expect(families.map(({ name }) => name)).toEqual(['first', 'after_0']);
    end();
    expect(namesOf(await other)).toEqual(['first', 'collected_0', 'after_0']);
    expect(collect).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
    const next = collectAll(registry);
    end();
    expect(namesOf(await next)).toEqual(['first', 'collected_0', 'after_0']);
    expect(collect).toHaveBeenCalledTimes(2);
  });

  test('does not hold a scrape that is aborted', async () => {
    const { collect } = hanging();
    const abort = new AbortController();
    const families = registryWith(collect).collect(scrape({ signal: abort.signal })) as AsyncIterable<MetricFamily>;
    const reading = (async () => {
      for await (const family of families) void family;
    })();
    abort.abort(new Error('gone'));
    await expect(reading).rejects.toThrow('gone');
    expect(jest.getTimerCount()).toBe(0);
  });

  test('keeps no timer when the scrape stops reading', async () => {
    const { collect, end } = hanging();
    for await (const { name } of registryWith(collect).collect(scrape()) as AsyncIterable<MetricFamily>) {
      expect(name).toBe('first');
      break;
    }
    end();
    expect(jest.getTimerCount()).toBe(0);
  });
});

test('the signal of a scrape is not read as long as nothing is pending', async () => {
  const signal = jest.fn();
  const lazy = { ...scrape(), timeout: 1, wants: () => true, report: () => {} } as Scrape;
  Object.defineProperty(lazy, 'signal', { get: signal });
  for await (const family of createRegistry().collect(lazy) as MetricFamily[]) void family;
  for await (const family of registryWith((gauge) => gauge.set(1)).collect(lazy) as MetricFamily[]) void family;
  expect(signal).not.toHaveBeenCalled();
});
