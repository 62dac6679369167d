import type { LabelSet, MetricFamily, Sample } from '../../../lib/model/metric-family.ts';
import { Losses, withoutCauses } from '../../../lib/sources/cluster/losses.ts';
import { Recorder } from '../../../lib/sources/cluster/recorder.ts';
import { until } from '../../support/clients.ts';
import { family, sample } from '../../support/encode.ts';
import { familiesOf, tablesOf } from '../../support/tables.ts';

const never = new AbortController().signal;

async function record(families: readonly unknown[], recorder = new Recorder(), losses = new Losses()) {
  const tables = await recorder.record(families as MetricFamily[], losses, never);
  return { tables, losses: losses.list.map(({ family, message }) => `${family ?? '-'}: ${message}`) };
}

describe('series that come again are the same objects', () => {
  const histogram = () => ({ count: 2, sum: 1, bounds: [1, 2], cumulativeCounts: [1, 2] });
  test.each<[string, () => Sample[]]>([
    ['with the same label objects', ((labels) => () => [sample(1, labels)])({ queue: 'a' })],
    ['with label objects that are alike', () => [sample(1, { queue: 'a' }), sample(2, { queue: 'b' })]],
    ['with bounds that are alike', () => [sample(histogram(), { queue: 'a' }), sample(histogram(), { queue: 'b' })]],
  ])('%s', async (_what, samples) => {
    const recorder = new Recorder();
    const type = typeof samples()[0]?.value === 'number' ? 'gauge' : 'histogram';
    const [first] = await tablesOf([family({ type, samples: samples() })], recorder);
    const [second] = await tablesOf([family({ type, samples: samples() })], recorder);
    expect(second?.series).toBe(first?.series);
    expect(second?.head).toBe(first?.head);
    expect(second?.series[0]?.shape).toBe(second?.series[1]?.shape ?? second?.series[0]?.shape);
  });

  test('also where others follow that are new', async () => {
    const recorder = new Recorder();
    const [first] = await tablesOf([family({ samples: [sample(1, { queue: 'a' })] })], recorder);
    const [second] = await tablesOf(
      [family({ samples: [sample(1, { queue: 'a' }), sample(1, { queue: 'b' })] })],
      recorder,
    );
    expect(second?.series[0]).toBe(first?.series[0]);
    expect(first?.series).toHaveLength(1);
  });

  test.each([
    ['labels in another order', { a: '1', b: '2' }, { b: '2', a: '1' }],
    ['another value', { a: '1' }, { a: '2' }],
    ['one label more', { a: '1' }, { a: '1', b: '2' }],
    ['one label less', { a: '1', b: '2' }, { a: '1' }],
  ])('but not with %s', async (_what, before: LabelSet, after: LabelSet) => {
    const recorder = new Recorder();
    await tablesOf([family({ samples: [sample(1, before)] })], recorder);
    const tables = await tablesOf([family({ samples: [sample(1, after)] })], recorder);
    expect(Object.entries(tables[0]?.series[0]?.labels ?? {})).toEqual(Object.entries(after));
  });
});

test('numbers and booleans as label values become texts, and what the source changes later is not taken over', async () => {
  const labels: Record<string, unknown> = { code: 200, ok: true };
  const { tables } = await record([family({ samples: [sample(1, labels)] })]);
  labels.code = 500;
  expect(tables[0]?.series[0]?.labels).toEqual({ code: '200', ok: 'true' });
});

test.each([
  ['a value that is no number', family({ samples: [sample('1'), sample(2)] }), /^-: m: its value is "1"/],
  ['a label that is no text', family({ samples: [sample(1, { a: null }), sample(2)] }), /^-: m: label "a" is null/],
  ['no labels', family({ samples: [{ value: 1 }, sample(2)] }), /^-: m: /],
])('a sample with %s is lost alone', async (_what, bad, message) => {
  const { tables, losses } = await record([bad]);
  expect(familiesOf(tables)).toEqual([family({ samples: [sample(2)] })]);
  expect(losses).toEqual([expect.stringMatching(message)]);
});

test.each([
  ['an unknown type', family({ name: 'bad', type: 'enum' }), /^bad: its type is "enum"/],
  ['samples that are no list', family({ name: 'bad', samples: 5 }), /^bad: its samples are 5/],
  ['no name', family({ name: undefined }), /^-: a family without a name/],
  [
    'a name that another one has',
    family({ samples: [sample(2)] }),
    /^-: m: expected a unique name; an earlier family has it/,
  ],
])('a family with %s is lost alone', async (_what, bad, message) => {
  const { tables, losses } = await record([family({ samples: [sample(1)] }), bad, family({ name: 'good' })]);
  expect(familiesOf(tables)).toEqual([family({ samples: [sample(1)] }), family({ name: 'good' })]);
  expect(losses).toEqual([expect.stringMatching(message)]);
});

const throwing = (member: string) =>
  Object.defineProperty({ ...family({ name: 'bad', samples: [sample(1)] }) }, member, {
    get() {
      throw new Error(`${member} is broken`);
    },
  });

test.each<[string, object | null, RegExp]>([
  ['null in its place', null, /^-: a family without a name/],
  ['a getter of its name that throws', throwing('name'), /^-: name is broken/],
  ...['help', 'type', 'unit', 'labelNames', 'aggregator', 'samples'].map((member): [string, object, RegExp] => [
    `a getter of its ${member} that throws`,
    throwing(member),
    RegExp(`^bad: ${member} is broken`),
  ]),
  [
    'a help that cannot be cloned',
    { name: 'bad', help: Symbol('help') },
    /^bad: its help is Symbol\(help\); write a string/,
  ],
  ['a unit that is a symbol', { name: 'bad', unit: Symbol('s') }, /^bad: its unit is Symbol\(s\); write a string/],
  ['label names in one string', { name: 'bad', labelNames: 'a' }, /^bad: its labelNames is "a"; write an array of/],
  [
    'a label name that is a symbol',
    { name: 'bad', labelNames: [Symbol('s')] },
    /^bad: its labelNames is \[null\]; write/,
  ],
  [
    'an aggregator that does not exist',
    { name: 'bad', aggregator: 'avg' },
    /^bad: its aggregator is "avg"; write one of sum, first, min, max, average, omit$/,
  ],
  [
    'an aggregator by a name that every object has',
    { name: 'bad', aggregator: 'toString' },
    /^bad: its aggregator is "to/,
  ],
])('a family with %s is lost alone, and the others can be sent', async (_what, bad, message) => {
  // Members are defined as they are: a spread would call the getters.
  const odd = bad === null || Object.hasOwn(bad, 'samples') ? bad : { ...family({}), ...bad };
  const { tables, losses } = await record([odd, family({ name: 'good' })]);
  expect(familiesOf(structuredClone(tables))).toEqual([family({ name: 'good' })]);
  expect(losses).toEqual([expect.stringMatching(message)]);
});

test('null stands for no value in what a family may lack', async () => {
  const none = { help: null, unit: null, labelNames: null, aggregator: null };
  const { tables, losses } = await record([family(none)]);
  expect(losses).toEqual([]);
  expect(tables[0]?.head).toEqual({ name: 'm', type: 'gauge' });
});

test('a sample that fails while it is read does not shift the values of the others', async () => {
  const histogram = (count: number) => ({ count, sum: count, bounds: [1], cumulativeCounts: [count] });
  const labels = {
    get queue(): string {
      throw new Error('a label is broken');
    },
  };
  const samples = [sample(histogram(1)), { labels, value: histogram(2) }, sample(histogram(3), { queue: 'a' })];
  const { tables, losses } = await record([family({ type: 'histogram', samples })]);
  expect(losses).toEqual(['-: m: a label is broken']);
  expect(familiesOf(tables)).toEqual([
    family({ type: 'histogram', samples: [sample(histogram(1)), sample(histogram(3), { queue: 'a' })] }),
  ]);
});

/** Calls `closed` when the iterator is closed. */
type Endless<T> = (yielded: () => void, closed: () => void) => T;

const endlessFamilies: Endless<AsyncIterable<MetricFamily>> = async function* (yielded, closed) {
  try {
    for (let i = 0; ; i++) {
      yielded();
      yield family({ name: `m${i}` });
      await new Promise(setImmediate);
    }
  } finally {
    closed();
  }
};

const endlessNulls: Endless<AsyncIterable<MetricFamily>> = async function* (yielded, closed) {
  try {
    for (;;) {
      yielded();
      yield null as never;
    }
  } finally {
    closed();
  }
};

const endlessSamples: Endless<Iterable<Sample>> = function* (yielded, closed) {
  try {
    for (let i = 0; ; i++) {
      yielded();
      yield sample(i, { i: String(i) });
    }
  } finally {
    closed();
  }
};

const endlessAsyncSamples: Endless<AsyncIterable<Sample>> = async function* (yielded, closed) {
  for (const one of endlessSamples(yielded, closed)) {
    await new Promise(setImmediate);
    yield one;
  }
};

test.each<[string, Endless<MetricFamily[] | AsyncIterable<MetricFamily>>]>([
  ['families', endlessFamilies],
  ['broken families, without a wait between them,', endlessNulls],
  ['samples', (...calls) => [family({ samples: endlessSamples(...calls) })]],
  ['async samples', (...calls) => [family({ samples: endlessAsyncSamples(...calls) })]],
])('a collection whose signal aborts closes %s that never end', async (_what, families) => {
  const aborter = new AbortController();
  const closed = jest.fn();
  const yielded = jest.fn(() => {
    if (yielded.mock.calls.length === 1) setImmediate(() => aborter.abort(new Error('too late')));
  });
  const recording = new Recorder().record(families(yielded, closed), new Losses(), aborter.signal);
  await expect(recording).rejects.toThrow('too late');
  await until(() => closed.mock.calls.length > 0);
  expect(closed).toHaveBeenCalledTimes(1);
});

describe('what fails in one collection', () => {
  const failing = (type: string) =>
    family({
      type,
      *samples() {
        yield sample(5, { queue: 'a' });
        throw new Error('cannot be read');
      },
    });
  const good = (type: string) => family({ type, samples: [sample(3, { queue: 'a' }), sample(4, { queue: 'b' })] });

  test.each([
    ['has not gone back to nothing, where it is a counter', 'counter', [good('counter')]],
    ['is gone, where it is a gauge', 'gauge', []],
  ])('%s', async (_what, type, left) => {
    const recorder = new Recorder();
    await record([good(type)], recorder);
    const bad = failing(type) as unknown as { samples: () => Iterable<Sample> };
    const { tables, losses } = await record([{ ...bad, samples: bad.samples() }], recorder);
    expect(losses).toEqual(['m: cannot be read']);
    expect(familiesOf(tables)).toEqual(left);
    expect(familiesOf((await record([good(type)], recorder)).tables)).toEqual([good(type)]);
  });

  test('and is reported by the source, too', async () => {
    const recorder = new Recorder();
    await record([good('counter')], recorder);
    const losses = new Losses();
    losses.add(new Error('its callback failed'), 'm');
    expect(familiesOf((await record([], recorder, losses)).tables)).toEqual([good('counter')]);
    expect((await record([], recorder)).tables).toEqual([]);
  });
});

test('a collection that was given up leaves no trace', async () => {
  const recorder = new Recorder();
  const [first] = await tablesOf([family({ samples: [sample(1)] })], recorder);
  const late = recorder.record([family({ samples: [] })], new Losses(), AbortSignal.abort(new Error('too late')));
  await expect(late).rejects.toThrow('too late');
  const [second] = await tablesOf([family({ samples: [sample(1)] })], recorder);
  expect(second?.series).toBe(first?.series);
});

test('a hundred losses are told of', () => {
  const losses = new Losses();
  for (let i = 0; i < 1000; i++) losses.add(new Error('lost'), `f${i}`);
  expect(losses.list).toHaveLength(100);
  expect(losses.families.size).toBe(1000);
});

test.each<[string, unknown, string]>([
  ['an error', new Error('broken'), 'broken'],
  ['a string', 'broken', 'broken'],
  ['nothing', undefined, 'undefined'],
  ['an object without a prototype', Object.create(null), 'an error that cannot be converted to a string'],
  ['an error whose message is a symbol', Object.assign(new Error(), { message: Symbol('s') }), 'Symbol(s)'],
  [
    'an error whose message throws',
    Object.defineProperty(new Error(), 'message', { get: () => Object.create(null).missing.member }),
    'an error that cannot be converted to a string',
  ],
  ['an error with a message of a megabyte', new Error('x'.repeat(1 << 20)), `${'x'.repeat(1000)}…`],
])('%s has a message that can be sent', (_what, error, message) => {
  const losses = new Losses();
  losses.add(error, Symbol('not a name') as never);
  expect(structuredClone(withoutCauses(losses.list))).toEqual([{ message, family: undefined }]);
});
