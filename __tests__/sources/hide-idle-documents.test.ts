import {
  type HideIdleOptions,
  hideIdle,
  limitSeries,
  type MetricFamily,
  type MetricsSource,
  type Sample,
  type Scrape,
} from '../../lib/index.ts';
import { renderMetrics } from '../../lib/render.ts';
import { promClientSource } from '../../lib/sources/prom-client.ts';
import { collectAll } from '../support/collect.ts';
import { LIBRARIES, load } from '../support/prom-clients.ts';
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

describe('a JSON document', () => {
  const json = async (source: MetricsSource) => {
    const failures: unknown[] = [];
    const onError = (failure: unknown) => void failures.push(failure);
    let text = '';
    for await (const chunk of renderMetrics(source, { onError }).chunks) text += Buffer.from(chunk).toString();
    return { value: JSON.parse(text).depth.value, failures };
  };

  test('whose samples are looked at twice is of one mind, though a value changes between', async () => {
    let looks = 0;
    let changesAt = Number.POSITIVE_INFINITY;
    const samples = {
      *[Symbol.iterator]() {
        looks++;
        yield { labels: {}, value: looks };
        yield sample('a', looks < changesAt ? 1 : 2);
      },
    };
    const hiding = hideIdle(sourceOf(depth(samples)), options);
    expect((await json(hiding)).value).toEqual([{ '@': looks }, { queue: 'a', '@': 1 }]);
    pass(IDLE_FOR);
    // Were it shown in the second look alone, it would not fit.
    changesAt = looks + 2;
    expect(await json(hiding)).toEqual({ value: looks, failures: [] });
    expect((await json(hiding)).value).toEqual([{ '@': looks }, { queue: 'a', '@': 2 }]);
  });

  test('has a family without samples when all are idle', async () => {
    const hiding = hideIdle(sourceOf(depth([sample('a', 1)])), options);
    expect(await json(hiding)).toEqual({ value: { queue: { a: 1 } }, failures: [] });
    pass(IDLE_FOR);
    expect(await json(hiding)).toEqual({ value: null, failures: [] });
  });
});

test.each(LIBRARIES)('the series of %s are watched from scrape to scrape', async (name) => {
  const { Gauge, Registry } = load(name);
  const registry = new Registry();
  const gauge = new Gauge({ name: 'depth', help: 'd', labelNames: ['queue'], registers: [registry] });
  for (let n = 0; n < 50; n++) gauge.set({ queue: `q${n}` }, 1);
  const hiding = hideIdle(promClientSource(registry), options);
  for (let times = 0; times < 3; times++) expect(await shown(hiding)).toHaveLength(50);
  pass(IDLE_FOR);
  gauge.remove({ queue: 'q3' });
  gauge.inc({ queue: 'q40' });
  gauge.set({ queue: 'new' }, 1);
  expect(await shown(hiding)).toEqual(['q40', 'new']);
  gauge.set({ queue: 'q3' }, 1);
  expect(await shown(hiding)).toEqual(['q40', 'new', 'q3']);
});

test('it works within limitSeries, and around it', async () => {
  const { state, source } = replaceable(() => [depth(['a', 'b', 'c'].map((queue) => sample(queue, 1)))]);
  const within = limitSeries(hideIdle(source, options), { perFamily: 2 });
  const around = hideIdle(limitSeries(source, { perFamily: 2 }), options);
  expect([await shown(within), await shown(around)]).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ]);
  pass(IDLE_FOR);
  state.families = () => [depth(['a', 'b', 'c', 'd'].map((queue) => sample(queue, queue === 'a' ? 1 : 2)))];
  // Within, idle series leave room for others.
  expect([await shown(within), await shown(around)]).toEqual([['b', 'c'], ['b']]);
});

describe('an option is refused:', () => {
  const hide = (given: unknown) => () => hideIdle(sourceOf(queueDepth), given as HideIdleOptions);
  const NAMES = `a list of families' names, got GOT; write ["queue_depth"]`;
  const MS = 'milliseconds, above 0 and at most 2147483647';

  test.each<[unknown, string]>([
    [{ families: ['a'] }, `idleFor: expected ${MS}, got undefined; write a number such as 5000`],
    [{ idleFor: 1 }, `families: expected ${NAMES}`.replace('GOT', 'undefined')],
    [{ idleFor: 0, families: ['a'] }, `idleFor: expected ${MS}, got 0; write a number such as 5000`],
    [{ idleFor: '1h', families: ['a'] }, `idleFor: expected ${MS}, got "1h"; write 3600000`],
    [{ idleFor: 1, families: 'a' }, `families: expected ${NAMES}`.replace('GOT', '"a"')],
    [{ idleFor: 1, families: [''] }, `families[0]: expected a family's name, got ""; write "queue_depth"`],
    [
      { idleFor: 1, families: ['a'], family: 'a' },
      'options: expected the name of an option, got "family"; write one of idleFor, families',
    ],
    [undefined, 'options: expected an object of options, got undefined; write { idleFor: … }'],
  ])('%j', (given, message) => {
    expect(hide(given)).toThrow(new TypeError(`hideIdle: ${message}`));
  });

  test('a source that is none', () => {
    expect(() => hideIdle({} as MetricsSource, options)).toThrow(
      /^hideIdle: source: expected a source: an object with .+, got \{\}; write/,
    );
  });
});
