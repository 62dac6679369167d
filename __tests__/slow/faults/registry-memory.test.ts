import { createRegistry } from '../../../lib/sources/registry.ts';
import { scrape } from '../../support/collect.ts';
import { MIB, memoryInUse } from '../../support/released.ts';

const help = 'h';

beforeEach(() => jest.spyOn(process, 'emitWarning').mockImplementation(() => {}));
afterEach(() => jest.restoreAllMocks());

test('the memory of series that expire is given back', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
  const registry = createRegistry();
  const limits = { maxSeries: 50_000, expireAfter: 10 };
  const metrics = [
    registry.counter({ name: 'c', help, labelNames: ['id'], ...limits }),
    registry.counter({ name: 'd', help, labelNames: ['id', 'kind'], ...limits }),
  ] as const;
  let created = 0;
  function churn(rounds: number, seriesPerRound: number): void {
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < seriesPerRound; i++, created++) {
        metrics[0].inc({ id: `series-number-${created}` });
        metrics[1].inc({ id: `series-number-${created}`, kind: i % 10 });
      }
      jest.advanceTimersByTime(10);
      void registry.collect(scrape());
    }
  }
  churn(4, 100);
  const before = await memoryInUse();
  // Those of one round take 3 MB.
  churn(40, 10_000);
  expect((await memoryInUse()) - before).toBeLessThan(MIB);
  jest.useRealTimers();
});

test('the memory of series that are removed is used again', async () => {
  const registry = createRegistry();
  const gauge = registry.gauge({ name: 'g', help, labelNames: ['id', 'kind'] });
  gauge.set({ id: 'kept', kind: 0 }, 1);
  let created = 0;
  function churn(rounds: number): void {
    for (let round = 0; round < rounds; round++, created += 5_000) {
      for (let i = 0; i < 5_000; i++) gauge.set({ id: created + i, kind: i % 10 }, 1);
      for (let i = 0; i < 5_000; i++) gauge.remove({ id: created + i, kind: i % 10 });
    }
  }
  churn(2);
  const before = await memoryInUse();
  churn(100);
  expect((await memoryInUse()) - before).toBeLessThan(MIB);
});

test('label sets beyond maxSeries take no memory', async () => {
  const registry = createRegistry();
  const counter = registry.counter({ name: 'c', help, labelNames: ['id'] });
  const triple = registry.histogram({ name: 'h', help, labelNames: ['a', 'b', 'c'] });
  function fill(from: number, to: number): void {
    for (let i = from; i < to; i++) {
      counter.inc({ id: `id-${i}`.padEnd(100, 'x') });
      triple.observe({ a: i, b: i % 100, c: `${i}`.padEnd(100, 'x') }, 1);
    }
  }
  fill(0, 20_000);
  const before = await memoryInUse();
  fill(20_000, 300_000);
  expect((await memoryInUse()) - before).toBeLessThan(MIB);
});

test('a label value that is a slice does not keep the whole string', async () => {
  const registry = createRegistry();
  const counter = registry.counter({ name: 'c', help, labelNames: ['path'] });
  const before = await memoryInUse();
  for (let i = 0; i < 1_000; i++) counter.inc({ path: `/a/long/path/${i}?`.padEnd(100_000, 'x').split('?')[0]! });
  expect((await memoryInUse()) - before).toBeLessThan(2 * MIB);
});

test('updates allocate nothing', () => {
  const registry = createRegistry();
  const counter = registry.counter({ name: 'c', help, labelNames: ['q'] });
  const histogram = registry.histogram({ name: 'h', help, labelNames: ['a', 'b'] });
  const series = [counter.labels('x'), histogram.labels('x', 'y')] as const;
  const [one, two] = [{ q: 'x' }, { a: 'x', b: 'y' }];
  function update(times: number): void {
    for (let i = 0; i < times; i++) {
      series[0].inc();
      counter.inc(one, 2);
      series[1].observe(i);
      histogram.observe(two, 0.5);
    }
  }
  update(200_000);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  update(100_000);
  // An object of 16 bytes for each update would be 6.4 MB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(1e6);
});
