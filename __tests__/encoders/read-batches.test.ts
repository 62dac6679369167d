import { BATCH_SIZE } from '../../lib/encoders/batches.ts';
import { eachBatch } from '../../lib/encoders/read-batches.ts';
import type { MetricFamily, Sample } from '../../lib/model/metric-family.ts';
import { sample } from '../support/encode.ts';
import { SAMPLE_CONTAINERS } from '../support/samples.ts';

const numbered = (count: number) => Array.from({ length: count }, (_, i) => sample(i));

async function allOf(samples: MetricFamily['samples']): Promise<(readonly Sample[])[]> {
  const all = [];
  for await (const batch of eachBatch(samples)) all.push(batch);
  return all;
}

describe.each(SAMPLE_CONTAINERS.slice(1))('samples in %s', (_container, give) => {
  test.each([
    [1, [1]],
    [2, [1, 1]],
    [1 + BATCH_SIZE, [1, BATCH_SIZE]],
    [2 + 2 * BATCH_SIZE, [1, BATCH_SIZE, BATCH_SIZE, 1]],
  ])('that are %i come one first, which may fail, and then in full batches', async (count, lengths) => {
    const samples = numbered(count);
    const all = await allOf(give(samples));
    expect(all.flat()).toEqual(samples);
    expect(all.map(({ length }) => length)).toEqual(lengths);
  });
});

test.each(SAMPLE_CONTAINERS)('there are no batches when %s has no samples', async (_container, give) => {
  expect(await allOf(give([]))).toEqual([]);
});

test.each([
  [1, 1],
  [BATCH_SIZE, 1],
  [1 + BATCH_SIZE, 2],
])('an array of %i is not iterated sample by sample, and makes %i batches', async (count, length) => {
  const samples = Object.assign(numbered(count), {
    [Symbol.iterator]: () => {
      throw new Error('asked for an iterator');
    },
  });
  expect(await allOf(samples)).toHaveLength(length);
});
