import fc from 'fast-check';
import { FamilyHistory } from '../../../lib/dashboard/history/family-history.ts';
import { createRecording, queues } from '../../support/recorded-history.ts';

test('totals are kept for every family, and series are written for the families that a request names', () => {
  const { record, read } = createRecording();
  record(queues({ a: 1, b: 2 }), queues({ a: 5 }, 'other_total'));
  record(queues({ a: 3, b: 4 }), queues({ a: 6 }, 'other_total'));
  const all = read();
  expect(all.ages).toEqual([11, 1]);
  expect(all.families).toEqual({
    messages_total: {
      type: 'counter',
      help: 'messages',
      kept: 2,
      leftOut: 0,
      totals: [
        [3, 7],
        [2, 2],
        [2, 4],
      ],
      series: [],
    },
    other_total: expect.objectContaining({
      totals: [
        [5, 6],
        [1, 1],
        [5, 6],
      ],
      series: [],
    }),
  });
  const one = read('messages_total');
  expect(Object.keys(one.families)).toEqual(['messages_total']);
  expect(one.families.messages_total!.series).toEqual([
    { labels: ['queue', 'a'], columns: [[1, 3]] },
    { labels: ['queue', 'b'], columns: [[2, 4]] },
  ]);
});

test('histograms keep the count, the sum and every bucket, and their totals add them up', () => {
  const { record, read } = createRecording();
  const bounds = [0.1, 1];
  const of = (count: number, sum: number, cumulativeCounts: number[]) => ({ count, sum, bounds, cumulativeCounts });
  record({
    name: 'duration_seconds',
    type: 'histogram',
    samples: [
      { labels: { route: '/a' }, value: of(3, 1.5, [1, 2]) },
      { labels: { route: '/b' }, value: of(4, 2.5, [0, 4]) },
    ],
  });
  expect(read('duration_seconds').families.duration_seconds).toMatchObject({
    points: bounds,
    totals: [[7], [4], [1], [6], [2]],
    series: [
      { labels: ['route', '/a'], columns: [[3], [1.5], [1], [2]] },
      { labels: ['route', '/b'], columns: [[4], [2.5], [0], [4]] },
    ],
  });
});

test('the quantiles of summaries are kept by series, and only count and sum are added up', () => {
  const { record, read } = createRecording();
  const value = (count: number) => ({ count, sum: 2 * count, quantiles: [0.5, 0.9], values: [1, Number.NaN] });
  const samples = [1, 2].map((count) => ({ labels: { n: String(count) }, value: value(count) }));
  record({ name: 'size_bytes', type: 'summary', samples });
  const family = read('size_bytes').families.size_bytes!;
  expect([family.points, family.totals]).toEqual([
    [0.5, 0.9],
    [[3], [6], [2]],
  ]);
  expect(family.series.map(({ columns }) => columns)).toEqual([
    [[1], [2], [1], [null]],
    [[2], [4], [1], [null]],
  ]);
});

test('a series is found in another place, with its labels in another order, and one with other labels is not', () => {
  const { record, read } = createRecording();
  const of = (...all: [Record<string, string>, number][]) => ({
    name: 'a',
    type: 'gauge' as const,
    samples: all.map(([labels, value]) => ({ labels, value })),
  });
  record(of([{ p: 'x', q: 'y' }, 1], [{ p: 'y', q: 'x' }, 2], [{ p: 'z', q: 'x' }, 3]));
  record(of([{ q: 'x', p: 'z' }, 6], [{ q: 'y', p: 'x' }, 4], [{ q: 'x', p: 'y' }, 5]));
  expect(read('a').families.a!.series.map(({ columns: [values] }) => values)).toEqual([
    [3, 6],
    [1, 4],
    [2, 5],
  ]);
});

test('series that are all new at each moment are found to be so without a key for each', () => {
  const { record, read } = createRecording({ maxBytes: 100_000 });
  const churned = (moment: number) =>
    queues(Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`${moment}-${i}`, 1])));
  record(churned(1));
  const stringify = jest.spyOn(JSON, 'stringify');
  record(churned(2));
  expect(stringify.mock.calls.length).toBeLessThan(10);
  stringify.mockRestore();
  const { kept, leftOut, totals } = read().families.messages_total!;
  // Those of the first moment keep their places until no moment has them.
  expect([kept > 100, kept < 1000, leftOut, totals[0]]).toEqual([true, true, 10_000, [10_000, 10_000]]);
});

test('a family has the unit that it states', () => {
  const { record, read } = createRecording();
  const samples = [{ labels: {}, value: 1 }];
  record({ name: 'speed', type: 'gauge', unit: 'µm/s', samples }, { name: 'workers', type: 'gauge', samples });
  const { speed, workers } = read().families;
  expect(speed).toHaveProperty('unit', 'µm/s');
  expect(workers).not.toHaveProperty('unit');
});

test('only the last moments are kept', () => {
  const { record, read } = createRecording({ moments: 3 });
  for (let value = 1; value <= 7; value++) record(queues({ a: value }));
  const { ages, families } = read('messages_total');
  expect(ages).toEqual([21, 11, 1]);
  expect(families.messages_total!.series[0]!.columns).toEqual([[5, 6, 7]]);
});

test('a series or family that is missing from a moment has a gap, and is forgotten when no moment has it', () => {
  const { record, read, history } = createRecording({ moments: 3 });
  record(queues({ a: 1, b: 1 }), queues({ a: 1 }, 'other_total'));
  const before = history.size;
  record(queues({ b: 2 }));
  expect(read('messages_total').families.messages_total!.series).toEqual([
    { labels: ['queue', 'b'], columns: [[1, 2]] },
    { labels: ['queue', 'a'], columns: [[1, null]] },
  ]);
  expect(read().families.other_total!.totals).toEqual([
    [1, null],
    [1, null],
    [1, null],
  ]);
  record(queues({ b: 3 }));
  record(queues({ b: 4 }));
  const { messages_total, other_total } = read('messages_total', 'other_total').families;
  expect([messages_total!.series.length, other_total]).toEqual([1, undefined]);
  expect(history.size).toBeLessThan(before);
});

test('what takes the place of a forgotten series does not have its past', () => {
  const { record, read, history } = createRecording({ moments: 4 });
  record(queues({ a: 1, b: 1 }));
  for (let n = 0; n < 4; n++) record(queues({ b: 2 }));
  const { size } = history;
  // The other length of the labels makes the sizes differ, so it has the same.
  record(queues({ b: 3, c: 9 }));
  expect(history.size).toBeGreaterThan(size);
  expect(read('messages_total').families.messages_total!.series[1]).toEqual({
    labels: ['queue', 'c'],
    columns: [[null, null, null, 9]],
  });
});

test('a family whose type or buckets change starts again', () => {
  const { record, read } = createRecording();
  record(queues({ a: 1 }));
  record({ ...queues({ a: 2 }), type: 'gauge' });
  expect(read('messages_total').families.messages_total).toMatchObject({
    type: 'gauge',
    series: [{ columns: [[null, 2]] }],
  });
});

test('the series that do not fit are left out, the last ones first, and counted; totals include them', () => {
  const { record, read, history } = createRecording({ moments: 10, maxBytes: 20_000 });
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`q${i}`, 1]));
  record(queues(many), queues({ a: 7 }, 'other_total'));
  expect(history.size).toBeLessThanOrEqual(20_000);
  const { messages_total, other_total } = read('messages_total', 'other_total').families;
  const { kept, leftOut, series, totals } = messages_total!;
  expect(kept).toBeGreaterThan(10);
  expect([series.length, kept + leftOut]).toEqual([kept, 500]);
  expect(series.map(({ labels }) => labels[1])).toEqual(Array.from({ length: kept }, (_, i) => `q${i}`));
  expect(totals[0]).toEqual([500]);
  // It came when all was taken.
  expect(other_total!.totals[0]).toEqual([7]);
});

test('each of many families is searched for series to remove once in a moment, however many do not fit', () => {
  const { record, history } = createRecording({ moments: 10, maxBytes: 500_000 });
  const families = Array.from({ length: 1000 }, (_, i) => queues({ a: 1 }, `family_${i}`));
  record(...families);
  expect(history.leftOutFamilies).toBeGreaterThan(300);
  const removeLast = jest.spyOn(FamilyHistory.prototype, 'removeLast');
  record(...families);
  expect(removeLast.mock.calls.length).toBeLessThanOrEqual(history.families.size);
  removeLast.mockRestore();
});

test('families that do not fit are counted', () => {
  const { record, read } = createRecording({ moments: 10, maxBytes: 5_000 });
  record(...Array.from({ length: 50 }, (_, i) => queues({ a: 1 }, `family_${i}`)));
  const { leftOut, families } = read();
  expect(leftOut).toBeGreaterThan(0);
  expect(Object.keys(families).length + leftOut).toBe(50);
});

test('samples that are no samples of their family are left out', () => {
  const { record, read } = createRecording();
  const samples = [{ labels: { queue: 'a' }, value: 1 }, { labels: null }, null, { labels: {}, value: 'x' }];
  record({ name: 'broken', type: 'gauge', samples: samples as never });
  const { series, totals } = read('broken').families.broken!;
  expect(series.map(({ columns }) => columns)).toEqual([[[1]], [[null]]]);
  expect(totals).toEqual([[1], [1], [1]]);
});

test('names, help texts and labels are written as ASCII JSON, numbers that JSON lacks as null', () => {
  const { record, read } = createRecording();
  const labels = { queue: 'häß"\u2028👍' };
  record({ name: 'größe', type: 'gauge', help: 'naïve\n', samples: [{ labels, value: Number.POSITIVE_INFINITY }] });
  const { größe } = read('größe').families;
  expect(größe).toMatchObject({ help: 'naïve\n', series: [{ labels: ['queue', labels.queue], columns: [[null]] }] });
});

test('whatever the order in which series come and go, each has its own values', () => {
  const moment = fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { maxLength: 13 });
  fc.assert(
    fc.property(fc.array(moment, { minLength: 1, maxLength: 12 }), (orders) => {
      const { record, read } = createRecording({ moments: 6 });
      const clockOf = (i: number) => 100 * i;
      for (const [i, order] of orders.entries()) {
        const samples = order.map((n) => ({ labels: { n: String(n) }, value: clockOf(i) + n }));
        record({ name: 'shuffled', type: 'gauge', samples });
      }
      const kept = orders.slice(-6);
      const first = orders.length - kept.length;
      const seen = new Set(kept.flat());
      const series = read('shuffled').families.shuffled?.series ?? [];
      expect(series.map(({ labels }) => Number(labels[1])).sort((a, b) => a - b)).toEqual(
        [...seen].sort((a, b) => a - b),
      );
      for (const { labels, columns } of series) {
        const n = Number(labels[1]);
        const values = kept.map((order, i) => (order.includes(n) ? clockOf(first + i) + n : null));
        expect(columns).toEqual([values]);
      }
    }),
  );
});
