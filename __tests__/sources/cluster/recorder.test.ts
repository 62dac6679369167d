import type { LabelSet, MetricFamily, Sample } from '../../../lib/metric-family.ts';
import { Losses } from '../../../lib/sources/cluster/losses.ts';
import { Recorder } from '../../../lib/sources/cluster/recorder.ts';
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
  ['a name that another one has', family({ samples: [sample(2)] }), /^-: m: its name is another family's already/],
])('a family with %s is lost alone', async (_what, bad, message) => {
  const { tables, losses } = await record([family({ samples: [sample(1)] }), bad, family({ name: 'good' })]);
  expect(familiesOf(tables)).toEqual([family({ samples: [sample(1)] }), family({ name: 'good' })]);
  expect(losses).toEqual([expect.stringMatching(message)]);
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
