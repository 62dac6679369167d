import type { LabelSet } from '../../lib/model/metric-family.ts';
import { chunksOf, encode, family, sample } from '../support/encode.ts';
import { json } from '../support/encoders.ts';
import { watched, watchedAsync } from '../support/watched.ts';

const one = (index: number): LabelSet => ({ a: `${index}` });
const two = (index: number): LabelSet => ({ a: `${index}`, b: 'x' });

/** `count` samples that can be read once. */
const numbered = (count: number, labels: (index: number) => LabelSet) => (index: number) =>
  index < count ? sample(index, labels(index)) : undefined;

const NOT_CERTAIN =
  'family m: its shape is not certain after 10000 samples that can be read only once; declare labelNames, or give an array';

async function written(samples: unknown, labelNames?: readonly string[]) {
  const { text, losses } = await encode(json(), [family({ labelNames, samples }), family({ name: 'next' })]);
  const document = JSON.parse(text);
  expect(document.next).toEqual({ type: 'gauge', value: null });
  return { value: document.m?.value, losses };
}

describe.each([
  ['sync', watched],
  ['async', watchedAsync],
] as const)('samples that can be read only once (%s) are held until the shape is certain', (_, once) => {
  test('which 10,000 samples of one label are at their end', async () => {
    const { value, losses } = await written(once(numbered(10_000, one)));
    expect(Object.keys(value.a)).toHaveLength(10_000);
    expect(losses).toEqual([]);
  });

  test('which 10,001 are not, and the family is lost', async () => {
    expect(await written(once(numbered(10_001, one)))).toEqual({ value: undefined, losses: [NOT_CERTAIN] });
  });

  test('which an endless family never is, be its samples good or bad: it is lost and closed', async () => {
    for (const makeNext of [numbered(Number.POSITIVE_INFINITY, one), () => sample('broken')]) {
      const samples = once(makeNext);
      expect((await written(samples)).losses.at(-1)).toBe(NOT_CERTAIN);
      expect(samples.closed).toBe(1);
      expect(samples.pulled).toBeLessThan(11_000);
    }
  });

  test('which two labels make certain: nothing is held from then on', async () => {
    const { value, losses } = await written(once(numbered(30_000, (i) => (i === 9000 ? two(i) : one(i)))));
    expect(value).toHaveLength(30_000);
    expect(value[8999]).toEqual({ a: '8999', '@': 8999 });
    expect(value[9000]).toEqual({ a: '9000', b: 'x', '@': 9000 });
    expect(value[29_999]).toEqual({ a: '29999', '@': 29_999 });
    expect(losses).toEqual([]);
  });

  test('which declared labelNames make certain from the start', async () => {
    const { value } = await written(once(numbered(20_000, one)), ['a']);
    expect(Object.keys(value.a)).toHaveLength(20_000);
  });

  test('but a family that fails while it is held costs no more than itself', async () => {
    const samples = once((index) => {
      if (index === 5000) throw new Error('no more');
      return sample(index, one(index));
    });
    expect(await written(samples)).toEqual({ value: undefined, losses: ['family m: no more'] });
  });

  test('and are closed when the rest of the family cannot be written', async () => {
    const samples = once(numbered(10, two));
    const failing = Object.defineProperty(family({ samples }), 'help', {
      get() {
        throw new Error('no help');
      },
    });
    expect((await encode(json(), [failing])).losses).toEqual(['family m: no help']);
    expect(samples.pulled).toBe(samples.closed);
  });

  test.each([
    ['when nothing is held any more', 0],
    ['while what was held is written', 9000],
  ])('and are closed when the reader of the document leaves %s', async (_, certainAt) => {
    const samples = once(numbered(Number.POSITIVE_INFINITY, (i) => (i < certainAt ? one(i) : two(i))));
    const chunks = chunksOf(json(), [family({ samples })], {
      prefix: '',
      drops: { onFamilyDropped: fail, onDuplicateFamily: fail, onSampleDropped: fail },
    });
    await chunks.next();
    expect(samples.closed).toBe(0);
    await chunks.return();
    expect(samples.closed).toBe(1);
    expect(samples.pulled).toBeLessThan(10_000);
  });
});

test('what can be read again is looked through instead, however long it is', async () => {
  const samples = Array.from({ length: 30_000 }, (_, index) => sample(index, one(index)));
  for (const again of [samples, new Set(samples), { [Symbol.iterator]: () => samples.values() }]) {
    const { value, losses } = await written(again);
    expect(Object.keys(value.a)).toHaveLength(30_000);
    expect(losses).toEqual([]);
  }
});

test('what can be read again is closed where the look through it ends', async () => {
  const readings = Array.from({ length: 4 }, () => watched(numbered(1000, two)));
  const unread = [...readings];
  const { value } = await written({ [Symbol.iterator]: () => unread.shift()?.[Symbol.iterator]() });
  expect(value).toHaveLength(1000);
  // Whether it can be read again (two), its shape, its samples.
  expect(readings.map(({ pulled, closed }) => [pulled, closed])).toEqual([
    [0, 0],
    [0, 0],
    [1, 1],
    [1001, 0],
  ]);
});

function fail(error: unknown): never {
  throw error;
}
