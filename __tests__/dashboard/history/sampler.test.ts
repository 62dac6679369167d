import { setImmediate as turn } from 'node:timers/promises';
import { MetricsHistory } from '../../../lib/dashboard/history/metrics-history.ts';
import { Sampler } from '../../../lib/dashboard/history/sampler.ts';
import type { MetricFamily, MetricsSource } from '../../../lib/index.ts';
import { createRegistry } from '../../../lib/sources/registry.ts';

const gauge = (value: number, name = 'depth'): MetricFamily => ({
  name,
  type: 'gauge',
  samples: [{ labels: {}, value }],
});

function samplerOf(source: MetricsSource, timeout = 1000) {
  const history = new MetricsHistory({ moments: 6, maxBytes: 100_000 });
  const selfMetricsFamilies = () => [gauge(1, 'own')];
  const sampler = new Sampler({ collection: { source, selfMetricsFamilies }, timeout, history });
  /** Values of a family at all complete moments; NaN where there is none. */
  const valuesOf = (name: string) => {
    const column = history.families.get(name)?.totals[0];
    return Array.from({ length: history.end }, (_, moment) =>
      column === undefined ? Number.NaN : history.ring.get(column, moment),
    );
  };
  return { sampler, history, valuesOf };
}

test('it records the families of the source, and those that the router adds', async () => {
  let depth = 0;
  const { sampler, valuesOf } = samplerOf({ collect: () => [gauge(++depth)] });
  await sampler.sample();
  await sampler.sample();
  expect([valuesOf('depth'), valuesOf('own')]).toEqual([
    [1, 2],
    [1, 1],
  ]);
});

test.each<[string, MetricsSource['collect']]>([
  [
    'throws',
    () => {
      throw new Error('no');
    },
  ],
  ['rejects', () => Promise.reject(new Error('no'))],
  ['rejects with nothing', () => Promise.reject()],
  ['returns no families', () => 5 as never],
  [
    'yields a family that throws',
    () => [
      {
        get name(): string {
          throw new Error('no');
        },
      } as MetricFamily,
    ],
  ],
  [
    'yields samples that throw',
    () => [
      {
        ...gauge(1),
        get samples(): never {
          throw new Error('no');
        },
      },
    ],
  ],
  ['yields nothing that is a family', () => [null as never]],
  [
    'fails as an async generator',
    async function* () {
      yield gauge(1, 'other');
      throw new Error('no');
    },
  ],
])('a source that %s leaves a gap, and the next sample is recorded', async (_, fail) => {
  const collect = jest.fn<ReturnType<typeof fail>, Parameters<typeof fail>>(() => [gauge(3)]);
  const { sampler, valuesOf } = samplerOf({ collect });
  await sampler.sample();
  collect.mockImplementationOnce(fail);
  await sampler.sample();
  await sampler.sample();
  expect(valuesOf('depth')).toEqual([3, Number.NaN, 3]);
});

describe('a family that ends before its last sample leaves a gap, and no total of some series', () => {
  /** Samples whose second one `fails`, at the second moment. */
  const failingAtSecond = (fail: () => Promise<void>): MetricsSource => {
    let moment = 0;
    async function* samples() {
      yield { labels: { n: '1' }, value: 10 };
      if (moment === 2) await fail();
      yield { labels: { n: '2' }, value: 20 };
    }
    return {
      collect() {
        moment++;
        return [gauge(2, 'other'), { ...gauge(0), samples: samples() }];
      },
    };
  };
  const gapAtSecond = [30, Number.NaN, 30];

  test.each<[string, () => Promise<void>]>([
    ['it fails', () => Promise.reject(new Error('no'))],
    ['its time is over', () => new Promise(() => undefined)],
  ])('%s', async (_, fail) => {
    const { sampler, history, valuesOf } = samplerOf(failingAtSecond(fail), 20);
    // The timer of the timeout does not keep the process alive; this one does.
    const alive = setInterval(() => undefined, 1000);
    for (let i = 0; i < 3; i++) await sampler.sample();
    clearInterval(alive);
    expect([valuesOf('depth'), valuesOf('other')]).toEqual([gapAtSecond, [2, 2, 2]]);
    const { series } = history.families.get('depth')!;
    expect(series.map(({ columns }) => history.ring.get(columns[0]!, 1))).toEqual([Number.NaN, Number.NaN]);
  });
});

test('a moment that ends too early does not reduce the number of series that have no room', async () => {
  let end = 500;
  function* samples() {
    for (let n = 0; n < end; n++) yield { labels: { n: String(n) }, value: 1 };
    if (end < 500) throw new Error('no');
  }
  const { sampler, history } = samplerOf({ collect: () => [{ ...gauge(0), samples: samples() }] });
  await sampler.sample();
  const { leftOut } = history.families.get('depth')!;
  expect(leftOut).toBeGreaterThan(0);
  end = 1;
  await sampler.sample();
  expect(history.families.get('depth')!.leftOut).toBe(leftOut);
});

test('a source that hangs is given up after the timeout, and is not asked a second time meanwhile', async () => {
  let aborted = 0;
  const collect = jest.fn<Promise<MetricFamily[]>, Parameters<MetricsSource['collect']>>(({ signal }) => {
    signal.addEventListener('abort', () => aborted++);
    return new Promise(() => undefined);
  });
  const { sampler, history } = samplerOf({ collect }, 20);
  const first = sampler.sample();
  await sampler.sample();
  await turn();
  await sampler.sample();
  expect([collect.mock.calls.length, history.end]).toEqual([1, 0]);
  // The timer of the timeout does not keep the process alive; this one does.
  const alive = setInterval(() => undefined, 1000);
  await first;
  clearInterval(alive);
  expect([aborted, history.end]).toEqual([1, 1]);
});

test('nothing of a sampler keeps the process alive', () => {
  const unref = jest.fn();
  const start = jest.spyOn(globalThis, 'setInterval').mockReturnValue({ unref } as never);
  samplerOf({ collect: () => [] }).sampler.start(10_000);
  expect(start.mock.calls.map(([, interval]) => interval)).toEqual([10_000]);
  expect(unref).toHaveBeenCalledTimes(1);
  start.mockRestore();
});

test('many series are recorded in slices, between which the event loop turns', async () => {
  const registry = createRegistry();
  const counter = registry.counter({ name: 'messages_total', help: 'messages', labelNames: ['n'], maxSeries: 50_000 });
  for (let n = 0; n < 50_000; n++) counter.inc({ n: String(n) });
  const { sampler, valuesOf } = samplerOf(registry);
  let now = 0;
  // Time passes only as the sampler looks at it.
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => now++);
  let turns = 0;
  let isDone = false;
  const counted = (async () => {
    for (; !isDone; turns++) await turn();
  })();
  await sampler.sample();
  isDone = true;
  await counted;
  clock.mockRestore();
  expect(valuesOf('messages_total')).toEqual([50_000]);
  // 196 batches of 256 series, of which a slice of 5 ms holds at most 6.
  expect(turns).toBeGreaterThan(30);
});
