import { BATCH_SIZE, createBatches } from '../../lib/encoders/batches.ts';
import type { MetricFamily, Sample } from '../../lib/model/metric-family.ts';
import { sample } from '../support/encode.ts';
import { SAMPLE_CONTAINERS } from '../support/samples.ts';

const numbered = (count: number) => Array.from({ length: count }, (_, i) => sample(i));

async function allOf(samples: MetricFamily['samples']): Promise<(readonly Sample[])[]> {
  const all = [];
  for await (const batch of createBatches(samples)) all.push(batch);
  return all;
}

describe.each(SAMPLE_CONTAINERS)('of samples given as %s', (_way, give) => {
  test.each([
    [1, [1]],
    [2, [1, 1]],
    [1 + BATCH_SIZE, [1, BATCH_SIZE]],
    [2 + 2 * BATCH_SIZE, [1, BATCH_SIZE, BATCH_SIZE, 1]],
  ])('%i come one first, and then as many at once as there are for a batch', async (count, lengths) => {
    const samples = numbered(count);
    const all = await allOf(give(samples));
    expect(all.flat()).toEqual(samples);
    expect(all.map(({ length }) => length).filter((length) => length > 0)).toEqual(lengths);
  });

  test('there may be none', async () => {
    expect((await allOf(give([]))).flat()).toEqual([]);
  });
});

test.each([
  [1, 1],
  [1 + BATCH_SIZE, 2],
])('an array of %i is not gone through sample by sample, and makes %i batches', async (count, length) => {
  const samples = Object.assign(numbered(count), {
    [Symbol.iterator]: () => {
      throw new Error('asked for an iterator');
    },
  });
  expect(await allOf(samples)).toHaveLength(length);
});
