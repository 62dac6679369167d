import { readFamily } from '../../lib/dashboard/browser/model/document.ts';
import { createFamily, type Family, update } from '../../lib/dashboard/browser/model/family.ts';

/** A family after documents that came a second apart. */
function after(type: string, ...values: unknown[]): Family {
  const family = createFamily('a');
  for (const [i, value] of values.entries()) {
    update(family, readFamily({ type, value }), { time: 1000 + i, clock: i, limit: 100 });
  }
  return family;
}

const rates = (family: Family) => Object.fromEntries(family.series.map(({ labels, rate }) => [labels[1], rate]));

test('a counter has a rate from the second poll on, which a reset does not make negative', () => {
  expect(after('counter', 5).history.columns).toEqual([[null]]);
  expect(after('counter', 5, 8, 2, null, 4).history.columns).toEqual([[null, 3, 2, null, null]]);
});

test('the rate of a family is that of its series together', () => {
  const family = after('counter', { q: { a: 1, b: 10 } }, { q: { a: 2, b: 30 } });
  expect(family.history.columns).toEqual([[null, 21]]);
});

test('series are told apart by their labels and not by their place', () => {
  const family = after('counter', { q: { a: 1, b: 10 } }, { q: { b: 13, c: 100, a: 2 } });
  expect(rates(family)).toEqual({ b: 3, c: null, a: 1 });
});

test('a series that stays is the same object, so that the document it came from can be dropped', () => {
  const family = after('gauge', [{ a: 'x', b: 'y', '@': 1 }]);
  const [series] = family.series;
  update(family, readFamily({ type: 'gauge', value: [{ a: 'x', b: 'y', '@': 2 }] }), { time: 1, clock: 1, limit: 9 });
  expect(family.series[0]).toBe(series);
  expect(series?.value).toBe(2);
});

const histogram = (count: number, ...bucket: number[]) => ({
  count,
  sum: count / 10,
  bucket: bucket.map((value, i) => [i + 1, value]),
});

test('a histogram is told by its rate and by the quantiles of what was observed since the poll before', () => {
  const family = after('histogram', histogram(100, 100, 100), histogram(110, 100, 110));
  expect(family.history.columns).toEqual([
    [null, 10],
    [null, 1.5],
    [null, 1.9],
    [null, 1.99],
  ]);
  expect(family.series[0]?.average).toBeCloseTo(0.1);
});

test('a histogram with other bounds than before is not compared with what it was', () => {
  const family = after('histogram', histogram(100, 100, 100), histogram(110, 1, 2, 3));
  expect(family.series[0]?.observed).toBeUndefined();
});

test('a family of another type than before starts anew', () => {
  const family = after('histogram', histogram(100, 100, 100));
  update(family, readFamily({ type: 'counter', value: 7 }), { time: 2, clock: 1, limit: 100 });
  expect(family.history.columns).toEqual([[null]]);
});
