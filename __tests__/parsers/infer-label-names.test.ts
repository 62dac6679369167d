import type { LabelSet, MetricFamily, Sample } from '../../lib/model/metric-family.ts';
import { inferLabelNames as declareBatches } from '../../lib/parsers/infer-label-names.ts';
import { Count } from '../support/counted.ts';
import { encode, family, sample } from '../support/encode.ts';
import { json } from '../support/encoders.ts';

jest.setTimeout(30_000);

const declareShape = (family: MetricFamily) => declareBatches(family, inBatches(family.samples));

async function* inBatches(samples: MetricFamily['samples']): AsyncGenerator<readonly Sample[]> {
  for await (const one of samples) yield [one];
}

/** `count` samples that can be read once. */
function once(count: number, labels: (i: number) => LabelSet) {
  const samples = new Count();
  const iterable = samples.iterateAsync(1000, (i) => (i < count ? sample(i, labels(i)) : undefined));
  return { samples, family: family({ samples: iterable, help: 'kept' }) };
}

const one = (i: number): LabelSet => ({ a: `${i}` });

async function all({ samples }: MetricFamily): Promise<Sample[]> {
  const found: Sample[] = [];
  for await (const sample of samples) found.push(sample);
  return found;
}

test.each([0, 1, 9_999])('a family of %d samples gets them as an array, and declares nothing', async (count) => {
  const { family, samples } = once(count, one);
  const declared = await declareShape(family);
  expect(declared).toEqual({ name: 'm', type: 'gauge', help: 'kept', samples: expect.any(Array) });
  expect(declared.samples).toHaveLength(count);
  expect(samples.open).toBe(0);
});

describe('a larger family', () => {
  test.each<[string, (i: number) => LabelSet, labelNames: string[] | undefined]>([
    ['of one label', one, ['a']],
    ['of the label @', (i) => ({ '@': `${i}` }), ['@']],
    ['of two labels', (i) => ({ a: `${i}`, b: '' }), undefined],
    ['of one label or another', (i) => ({ [i === 5 ? 'a' : 'b']: `${i}` }), undefined],
    ['of one label or two', (i) => (i === 5 ? { a: '', b: '' } : one(i)), undefined],
    ['of one label or none', (i) => (i === 0 ? {} : one(i)), undefined],
    ['of no label', () => ({}), undefined],
  ])('%s declares what no other sample shows', async (_, labels, labelNames) => {
    const { family } = once(12_000, labels);
    const declared = await declareShape(family);
    expect(declared.labelNames).toEqual(labelNames);
    const samples = await all(declared);
    expect(samples).toHaveLength(12_000);
    expect(samples.every(({ value }, i) => value === i)).toBe(true);
  });

  test('is encoded, but for a sample that comes late and does not fit', async () => {
    const { family } = once(12_000, (i) => (i === 11_000 ? { b: 'late' } : one(i)));
    const { text, losses } = await encode(json(), [await declareShape(family)]);
    expect(Object.keys(JSON.parse(text).m.value.a)).toHaveLength(11_999);
    expect(losses).toEqual([expect.stringMatching(/^sample m: /)]);
  });

  test.each<[string, (i: number) => Sample]>([
    ['long labels', (i) => sample(i, { a: `${i}${'x'.repeat(2 ** 16)}` })],
    [
      'many buckets',
      () => sample({ count: 1, bounds: Array(10_000).fill(1), cumulativeCounts: Array(10_000).fill(1) }, { a: '' }),
    ],
  ])('is held up to some MiB only: %s', async (_, makeSample) => {
    const samples = new Count();
    const declared = await declareShape(family({ samples: samples.iterateAsync(10, makeSample) }));
    expect(declared.labelNames).toEqual(['a']);
    expect(samples.pulled).toBeLessThan(70);
  });

  test('is given back when it is left', async () => {
    const { family, samples } = once(Number.POSITIVE_INFINITY, one);
    for await (const { value } of (await declareShape(family)).samples) if (value === 12_000) break;
    expect(samples.pulled).toBe(12_001);
    expect(samples.open).toBe(0);
  });
});

test('an error among the first samples comes before the family', async () => {
  async function* samples() {
    yield sample(1);
    throw new Error('line 3: no number');
  }
  await expect(declareShape(family({ samples: samples() }))).rejects.toThrow('line 3: no number');
});

test.each([1, 20_000])('a family of %d samples keeps the names that it declares', async (count) => {
  const { samples: _, ...members } = once(count, one).family;
  const labelNames = ['a', 'b'];
  const declared = await declareShape({ ...members, labelNames, samples: once(count, one).family.samples });
  expect(declared.labelNames).toBe(labelNames);
  expect(await all(declared)).toHaveLength(count);
});
