import {
  type HideIdleOptions,
  hideIdle,
  type LabelSet,
  type MetricFamily,
  type MetricsSource,
  type Sample,
} from '../../lib/index.ts';
import { isReiterable } from '../../lib/model/iterables.ts';
import { collectAll, scrape } from '../support/collect.ts';
import fc from '../support/property.ts';
import { SAMPLE_CONTAINERS } from '../support/samples.ts';
import { queueDepth, sourceOf } from '../support/scrape-sources.ts';

const IDLE_FOR = 1_000;
const options: HideIdleOptions = { idleFor: IDLE_FOR, families: ['depth'] };
const pass = (ms: number) => jest.advanceTimersByTime(ms);

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});

/** A gauge `depth` whose samples can be replaced. */
function changing(
  give: (typeof SAMPLE_CONTAINERS)[number][1] = (samples) => samples,
  members: Partial<MetricFamily> = {},
) {
  const state = { samples: [] as readonly Sample[] };
  const source: MetricsSource = {
    collect: () => [{ name: 'depth', type: 'gauge', ...members, samples: give(state.samples) }],
  };
  return { state, source };
}

const sample = (queue: string, value: Sample['value']): Sample => ({ labels: { queue }, value });

/** The queues that a scrape is shown. */
async function shown(source: MetricsSource): Promise<(string | undefined)[] | undefined> {
  const { families } = await collectAll(source);
  return families.find(({ name }) => name === 'depth')?.samples.map(({ labels }) => labels.queue);
}

describe.each(SAMPLE_CONTAINERS)('given %s', (_way, give) => {
  test('a series is shown until its value has not changed for so long, and again when it changes', async () => {
    const { state, source } = changing(give);
    const hiding = hideIdle(source, options);
    state.samples = [sample('a', 1), sample('b', 1)];
    expect(await shown(hiding)).toEqual(['a', 'b']);
    pass(IDLE_FOR - 1);
    state.samples = [sample('a', 1), sample('b', 2)];
    expect(await shown(hiding)).toEqual(['a', 'b']);
    pass(1);
    expect(await shown(hiding)).toEqual(['b']);
    pass(IDLE_FOR);
    expect(await shown(hiding)).toEqual([]);
    state.samples = [sample('a', 3), sample('b', 2), sample('c', 0)];
    expect(await shown(hiding)).toEqual(['a', 'c']);
  });

  test('one that a whole scrape did not meet is new when it comes back', async () => {
    const { state, source } = changing(give);
    const hiding = hideIdle(source, options);
    state.samples = [sample('a', 1), sample('b', 1)];
    await shown(hiding);
    pass(IDLE_FOR);
    expect(await shown(hiding)).toEqual([]);
    const all = state.samples;
    state.samples = all.slice(0, 1);
    expect(await shown(hiding)).toEqual([]);
    state.samples = all;
    expect(await shown(hiding)).toEqual(['b']);
  });

  test('samples are handed on as they are, and so is the rest of the family', async () => {
    const members = { help: 'waiting', unit: 'messages', labelNames: ['queue'], aggregator: 'max' } as const;
    const { state, source } = changing(give, members);
    state.samples = [sample('a', 1), sample('b', 1)];
    const { families } = await collectAll(hideIdle(source, options));
    expect(families).toEqual([{ name: 'depth', type: 'gauge', ...members, samples: state.samples }]);
    expect(families[0]?.samples.every((it, i) => it === state.samples[i])).toBe(true);
  });

  test('what can be read twice still can, and what cannot, cannot', async () => {
    const { source } = changing(give);
    for await (const { samples } of await hideIdle(source, options).collect(scrape())) {
      expect(Symbol.asyncIterator in samples).toBe(Symbol.asyncIterator in give([]));
      expect(isReiterable(samples)).toBe(isReiterable(give([])));
    }
  });
});

describe('what counts as a change:', () => {
  const histogram = (count: number, sum?: number, first = 0): Sample['value'] => ({
    count,
    ...(sum !== undefined && { sum }),
    bounds: [1],
    cumulativeCounts: [first],
  });
  const summary = (count: number, sum: number, value: number): Sample['value'] => ({
    count,
    sum,
    quantiles: [0.5],
    values: [value],
  });

  test.each<[string, Sample['value'], Sample['value'], boolean]>([
    ['another number', 1, 2, true],
    ['the same number', 0.1 + 0.2, 0.1 + 0.2, false],
    ['NaN after NaN', Number.NaN, Number.NaN, false],
    ['a number after NaN', Number.NaN, 0, true],
    ['minus zero after zero', 0, -0, true],
    ['a histogram’s count', histogram(1, 1), histogram(2, 1), true],
    ['a histogram’s sum', histogram(1, 1), histogram(1, 2), true],
    ['a histogram’s sum, where there was none', histogram(1), histogram(1, 2), true],
    ['nothing of a histogram', histogram(1, 1), histogram(1, 1), false],
    ['not a bucket alone', histogram(1, 1, 0), histogram(1, 1, 1), false],
    ['a summary’s count', summary(1, 1, 1), summary(2, 1, 1), true],
    ['not a quantile alone', summary(1, 1, 1), summary(1, 1, 2), false],
  ])('%s', async (_case, before, after, isChange) => {
    const { state, source } = changing();
    const hiding = hideIdle(source, options);
    state.samples = [sample('a', before)];
    await shown(hiding);
    pass(IDLE_FOR);
    state.samples = [sample('a', after)];
    expect(await shown(hiding)).toEqual(isChange ? ['a'] : []);
  });

  test.each<[string, unknown]>([
    ['a value that is no number', { labels: { queue: 'a' }, value: '1' }],
    ['no value', { labels: { queue: 'a' } }],
    ['null', { labels: { queue: 'a' }, value: null }],
    ['no labels', { value: 1 }],
    ['a label that is no text', { labels: { queue: 1n }, value: 1 }],
    ['nothing at all', null],
  ])('a sample with %s is never hidden: the encoder is to report it', async (_case, broken) => {
    const { state, source } = changing();
    const hiding = hideIdle(source, options);
    state.samples = [sample('b', 1), broken as Sample];
    for (let times = 0; times < 2; times++) {
      const { families } = await collectAll(hiding);
      expect(families[0]?.samples.at(-1)).toBe(broken);
      pass(IDLE_FOR);
    }
  });
});

test('only the families that are named are watched; others are handed on as they are', async () => {
  const source = sourceOf(queueDepth, { ...queueDepth, name: 'depth' });
  const hiding = hideIdle(source, options);
  await collectAll(hiding);
  pass(IDLE_FOR);
  for await (const family of await hiding.collect(scrape())) {
    if (family.name === 'depth') expect([...(family.samples as Iterable<Sample>)]).toEqual([]);
    else expect(family).toBe(queueDepth);
  }
  expect.assertions(2);
});

test('it agrees with what was seen, whatever the order, the objects and the time', async () => {
  const step = fc.record({
    queues: fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'a"', ''), fc.constantFrom('a', 'b', ',')), {
      selector: (labels) => labels.join('\n'),
    }),
    values: fc.array(fc.constantFrom(0, 1, Number.NaN), { minLength: 12, maxLength: 12 }),
    swaps: fc.boolean(),
    way: fc.nat(SAMPLE_CONTAINERS.length - 1),
    ms: fc.nat(IDLE_FOR),
  });
  const labelSets = new Map<string, LabelSet>();
  const kept = (labels: LabelSet) => {
    const text = JSON.stringify(labels);
    labelSets.set(text, labelSets.get(text) ?? labels);
    return labelSets.get(text) as LabelSet;
  };

  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.boolean(), async (steps, keepsObjects) => {
      let samples: MetricFamily['samples'] = [];
      const hiding = hideIdle({ collect: () => [{ name: 'depth', type: 'gauge', samples }] }, options);
      let model = new Map<string, { value: number; changedAt: number }>();
      for (const { queues, values, swaps, way, ms } of steps) {
        pass(ms);
        const now = performance.now();
        const given = queues.map(([queue, pool], i) => {
          const labels: LabelSet = swaps ? { pool, queue } : { queue, pool };
          return { labels: keepsObjects ? kept(labels) : labels, value: values[i] as number };
        });
        samples = (SAMPLE_CONTAINERS[way] as (typeof SAMPLE_CONTAINERS)[number])[1](given);
        const entries = given.map(({ value }, i): [string, { value: number; changedAt: number }] => {
          const key = JSON.stringify(queues[i]);
          const before = model.get(key);
          return [key, before && Object.is(before.value, value) ? before : { value, changedAt: now }];
        });
        model = new Map(entries);
        const expected = given.filter((_, i) => now - (entries[i]?.[1].changedAt ?? 0) < IDLE_FOR);
        expect((await collectAll(hiding)).families[0]?.samples).toEqual(expected);
      }
    }),
  );
});

test('the signal of a scrape, which is created when it is read, is left to the source', async () => {
  let reads = 0;
  const { signal, ...rest } = scrape();
  const watched = {
    ...rest,
    get signal() {
      reads++;
      return signal;
    },
  };
  const seen: AbortSignal[] = [];
  const source: MetricsSource = {
    collect(given) {
      expect(reads).toBe(0);
      seen.push(given.signal);
      return [];
    },
  };
  const families = hideIdle(source, options).collect(watched) as AsyncIterable<MetricFamily>;
  await families[Symbol.asyncIterator]().next();
  expect(seen).toEqual([signal]);
  expect(reads).toBe(1);
});
