import { BATCH_SIZE } from '../../lib/encoders/batches.ts';
import { COLUMNS, type ColumnarSamples, type Columns } from '../../lib/encoders/columns.ts';
import { eachBatch } from '../../lib/encoders/read-batches.ts';
import { SlotReuses } from '../../lib/encoders/slot-reuses.ts';
import type { Exemplar, LabelSet, Sample } from '../../lib/model/metric-family.ts';

const fail = (): never => {
  throw new Error('the samples were iterated');
};
const samplesOf = (columns: Columns): ColumnarSamples => ({ [Symbol.iterator]: fail, [COLUMNS]: columns });
const labelsOf = (i: number): LabelSet => ({ queue: `q${i}` });

/** Copies of the samples, whose objects are used again in the next batch. */
async function read(columns: Columns): Promise<{ samples: Sample[]; objects: Set<Sample>; lengths: number[] }> {
  const samples: Sample[] = [];
  const objects = new Set<Sample>();
  const lengths: number[] = [];
  for await (const batch of eachBatch(samplesOf(columns))) {
    for (const sample of batch) {
      samples.push(structuredClone(sample));
      objects.add(sample);
    }
    lengths.push(batch.length);
  }
  return { samples, objects, lengths };
}

const exemplar: Exemplar = { labels: { trace: 'x' }, value: 1 };

test('counters and gauges are read in batches of the same objects, without the free slots', async () => {
  const length = 3 * BATCH_SIZE + 10;
  const labels = Array.from({ length }, (_, i) => (i % 3 === 1 ? undefined : labelsOf(i)));
  const values = Float64Array.from({ length: 2 * length }, (_, i) => i / 4);
  const { samples, objects, lengths } = await read({ length, labels, values, width: 1, reuses: new SlotReuses() });
  const used = Array.from({ length }, (_, i) => i).filter((i) => i % 3 !== 1);
  expect(samples).toEqual(used.map((i) => ({ labels: labelsOf(i), value: i / 4 })));
  expect(objects.size).toBe(BATCH_SIZE);
  expect(lengths).toEqual([BATCH_SIZE, BATCH_SIZE, used.length - 2 * BATCH_SIZE]);
});

test('counters have the exemplars of their slots', async () => {
  const labels = [labelsOf(0), labelsOf(1), labelsOf(2)];
  const exemplars = [undefined, exemplar];
  const columns = { length: 3, labels, values: new Float64Array(4), width: 1, exemplars, reuses: new SlotReuses() };
  expect((await read(columns)).samples.map((sample) => sample.exemplar)).toEqual([undefined, exemplar, undefined]);
});

test('histograms have cumulative counts, and the exemplars of their buckets', async () => {
  const { samples } = await read({
    length: 2,
    labels: [labelsOf(0), labelsOf(1)],
    values: Float64Array.of(6, 2.5, 1, 2, 3, 4, 8.5, 0, 0, 4),
    width: 5,
    bounds: [0.5, 1],
    exemplars: [undefined, undefined, undefined, exemplar],
    reuses: new SlotReuses(),
  });
  expect(samples).toEqual([
    {
      labels: labelsOf(0),
      value: {
        count: 6,
        sum: 2.5,
        bounds: [0.5, 1],
        cumulativeCounts: [1, 3],
        exemplars: [undefined, undefined, undefined],
      },
    },
    {
      labels: labelsOf(1),
      value: { count: 4, sum: 8.5, bounds: [0.5, 1], cumulativeCounts: [0, 0], exemplars: [exemplar] },
    },
  ]);
});

test('a pass reads the columns as they were at its beginning', async () => {
  let labels = [labelsOf(0)];
  let values = Float64Array.of(1);
  const columns = {
    width: 1,
    reuses: new SlotReuses(),
    get length() {
      return labels.length;
    },
    get labels() {
      return labels;
    },
    get values() {
      return values;
    },
  };
  const batches = eachBatch(samplesOf(columns));
  labels = [labelsOf(5), labelsOf(6)];
  values = Float64Array.of(5, 6);
  expect((await batches.next()).value).toMatchObject([{ value: 5 }, { value: 6 }]);
  labels = [];
  expect(await batches.next()).toEqual({ done: true, value: undefined });
});

test('there are no batches when every slot is free', async () => {
  const labels = [undefined, undefined];
  const columns = { length: 2, labels, values: new Float64Array(2), width: 1, reuses: new SlotReuses() };
  expect((await read(columns)).lengths).toEqual([]);
});
