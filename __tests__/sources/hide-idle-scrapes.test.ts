import {
  type HideIdleOptions,
  hideIdle,
  type LabelSet,
  type MetricFamily,
  type MetricsSource,
  type Sample,
  type Scrape,
} from '../../lib/index.ts';
import { collectAll, scrape } from '../support/collect.ts';
import { samplesThatFail, sourceOf } from '../support/scrape-sources.ts';
import { watched, watchedAsync } from '../support/watched.ts';

const IDLE_FOR = 1_000;
const options: HideIdleOptions = { idleFor: IDLE_FOR, families: ['depth'] };
const pass = (ms: number) => jest.advanceTimersByTime(ms);

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});

const sample = (queue: string, value: number): Sample => ({ labels: { queue }, value });
const depth = (samples: MetricFamily['samples']): MetricFamily => ({ name: 'depth', type: 'gauge', samples });

/** The queues that a scrape is shown. */
const shown = async (source: MetricsSource, members?: Partial<Scrape>) =>
  (await collectAll(source, members)).families[0]?.samples.map(({ labels }) => labels.queue);

/** A source whose families can be replaced. */
function replaceable(families: MetricsSource['collect']) {
  const state = { families };
  return { state, source: { collect: (asked: Scrape) => state.families(asked) } };
}

async function breakOff(source: MetricsSource) {
  for await (const family of await source.collect(scrape())) for await (const _sample of family.samples) break;
}

describe('of series that are idle, after', () => {
  const ALL = ['a', 'b', 'c'];
  const whole = () => [depth(ALL.map((queue) => sample(queue, 1)))];
  const loses =
    (name?: string): MetricsSource['collect'] =>
    ({ report }) => {
      report(new Error('lost'), name);
      return [];
    };

  test.each<[string, MetricsSource['collect'], (source: MetricsSource) => unknown, string[]]>([
    ['a scrape that was broken off, none is forgotten', whole, breakOff, []],
    [
      'a scrape whose samples failed, none is',
      () => [depth(samplesThatFail(0, new Error('lost')))],
      (source) => collectAll(source).catch(() => undefined),
      [],
    ],
    [
      'a scrape whose families failed, none is',
      () => Promise.reject(new Error('lost')),
      (source) => collectAll(source).catch(() => undefined),
      [],
    ],
    ['a scrape that lost the family, none is', loses('depth'), collectAll, []],
    [
      'a scrape that lost some of its series, none is',
      (asked) => [...(loses('depth')(asked) as []), depth([])],
      collectAll,
      [],
    ],
    ['a scrape that lost no one knows what, none is', loses(), collectAll, []],
    [
      'a scrape that did not want the family, none is',
      () => [],
      (source) => collectAll(source, { wants: (name) => name !== 'depth' }),
      [],
    ],
    ['a scrape that lost another family, all are', loses('other'), collectAll, ALL],
    ['a whole scrape without the family, all are', () => [], collectAll, ALL],
    ['a whole scrape without its series, all are', () => [depth([])], collectAll, ALL],
  ])('%s', async (_case, during, ask, expected) => {
    const { state, source } = replaceable(whole);
    const hiding = hideIdle(source, options);
    await shown(hiding);
    pass(IDLE_FOR);
    expect(await shown(hiding)).toEqual([]);
    state.families = during;
    await ask(hiding);
    state.families = whole;
    expect(await shown(hiding)).toEqual(expected);
  });
});

describe('of scrapes that are under way at once', () => {
  /** One that reads a sample at a time. */
  async function begin(source: MetricsSource) {
    const families = (await source.collect(scrape())) as AsyncGenerator<MetricFamily, void>;
    const family = (await families.next()).value as MetricFamily;
    const samples = (family.samples as Iterable<Sample>)[Symbol.iterator]();
    return {
      next: () => samples.next().value?.labels.queue,
      async end() {
        while (!samples.next().done);
        await families.next();
      },
    };
  }

  function idle(...queues: string[]) {
    const samples = queues.map((queue) => sample(queue, 1));
    return { samples, ...replaceable(() => [depth(samples)]) };
  }

  test('none takes from another what both have met', async () => {
    const { source } = idle('a', 'b');
    const hiding = hideIdle(source, { ...options, idleFor: 10 });
    await shown(hiding);
    const older = await begin(hiding);
    const younger = await begin(hiding);
    younger.next();
    older.next();
    await younger.end();
    await older.end();
    pass(10);
    expect(await shown(hiding)).toEqual([]);
  });

  test('an older one brings nothing back that a younger one has not met', async () => {
    const { source, state, samples } = idle('a', 'b');
    const hiding = hideIdle(source, options);
    const older = await begin(hiding);
    state.families = () => [depth([sample('a', 1), sample('c', 1)])];
    const younger = await begin(hiding);
    younger.next();
    younger.next();
    older.next();
    older.next();
    await younger.end();
    pass(IDLE_FOR);
    state.families = () => [depth(samples)];
    expect(await shown(hiding)).toEqual(['b']);
  });

  test('an older one does not make a change older', async () => {
    const { source, state } = replaceable(() => [depth([sample('a', 2)])]);
    const hiding = hideIdle(source, options);
    const older = await begin(hiding);
    pass(600);
    state.families = () => [depth([sample('a', 1)])];
    await shown(hiding);
    await older.end();
    state.families = () => [depth([sample('a', 2)])];
    pass(600);
    expect(await shown(hiding)).toEqual(['a']);
  });
});

test('the labels of a series are read once for as long as it has the same object', async () => {
  let reads = 0;
  const fresh = (): Sample[] =>
    ['a', 'b'].map((queue) => {
      const ownKeys = (target: LabelSet) => {
        reads++;
        return Reflect.ownKeys(target);
      };
      return { labels: new Proxy({ queue }, { ownKeys }), value: 1 };
    });
  let samples = fresh();
  const hiding = hideIdle({ collect: () => [depth(samples)] }, options);
  for (let renewed = 1; renewed <= 2; renewed++) {
    await shown(hiding);
    const before = reads;
    for (let times = 0; times < 3; times++) await shown(hiding);
    expect(reads).toBe(before);
    samples = fresh();
  }
});

test.each([watched, watchedAsync])('who leaves early closes what is read: %p', async (watch) => {
  const samples = watch<Sample>((n) => sample(String(n), n));
  await breakOff(hideIdle(sourceOf(depth(samples)), options));
  expect([samples.pulled, samples.closed]).toEqual([1, 1]);
});

test('samples are read no faster than they are asked for', async () => {
  const samples = watched<Sample>((n) => sample(String(n), n));
  for await (const family of await hideIdle(sourceOf(depth(samples)), options).collect(scrape())) {
    let taken = 0;
    for (const _sample of family.samples as Iterable<Sample>) {
      expect(samples.pulled).toBe(++taken);
      if (taken === 1_000) break;
    }
  }
});
