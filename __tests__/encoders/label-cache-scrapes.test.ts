import { encode, family, sample } from '../support/encode.ts';
import { FORMATS } from '../support/encoders.ts';

/** Samples that count how often somebody reads their label. */
function countedSamples(length: number) {
  const reads = new Array<number>(length).fill(0);
  const samples = reads.map((_, i) =>
    sample(i, {
      get a() {
        reads[i]!++;
        return String(i);
      },
    }),
  );
  return { reads, samples };
}

describe.each(FORMATS)('in %s', (format, make) => {
  test('a label set is written once for many documents, as long as it stands in all of them', async () => {
    const { reads, samples } = countedSamples(3);
    const encoder = make();
    const write = (count: number) => encode(encoder, [family({ labelNames: ['a'], samples: samples.slice(0, count) })]);
    const first = await write(3);
    expect(await write(3)).toEqual(first);
    expect(reads).toEqual([1, 1, 1]);
    await write(1);
    expect(await write(3)).toEqual(first);
    expect(reads).toEqual([1, 2, 2]);
  });

  if (format === 'JSON') return;

  test('nothing is kept of documents with a prefix: there is no end to what a query can say', async () => {
    const { reads, samples } = countedSamples(1);
    const encoder = make();
    for (let i = 0; i < 3; i++) await encode(encoder, [family({ samples })], 'p_');
    expect(reads).toEqual([3]);
  });
});
