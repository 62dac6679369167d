import { readFamily } from '../../lib/dashboard/browser/model/document.ts';
import { createFamily, type Family, summarize, updateFamily } from '../../lib/dashboard/browser/model/family.ts';

const at = (poll: number) => ({ poll, time: 1000 + poll, clock: poll, limit: 100 });

/** Returns a family after documents that arrived a second apart. */
const after = (type: string, ...values: unknown[]) => named('a', type, ...values);

function named(name: string, type: string, ...values: unknown[]): Family {
  const family = createFamily(name);
  for (const [i, value] of values.entries()) {
    updateFamily(family, readFamily({ type, value }), at(i));
  }
  return family;
}

const rates = (family: Family) => Object.fromEntries(family.series.map(({ labels, rate }) => [labels[1], rate]));

test('a counter has a rate from the second poll on, which a reset does not make negative', () => {
  expect(after('counter', 5).history.columns).toEqual([[null]]);
  expect(after('counter', 5, 8, 2, null, 4).history.columns).toEqual([[null, 3, 2, null, null]]);
});

test('the rate of a family is the sum of the rates of its series', () => {
  const family = after('counter', { q: { a: 1, b: 10 } }, { q: { a: 2, b: 30 } });
  expect(family.history.columns).toEqual([[null, 21]]);
});

test('series are identified by their labels, not by their position', () => {
  const family = after('counter', { q: { a: 1, b: 10 } }, { q: { b: 13, c: 100, a: 2 } });
  expect(rates(family)).toEqual({ b: 3, c: null, a: 1 });
});

test('a series remains the same object, so that old documents can be garbage-collected', () => {
  const family = after('gauge', [{ a: 'x', b: 'y', '@': 1 }]);
  const [series] = family.series;
  updateFamily(family, readFamily({ type: 'gauge', value: [{ a: 'x', b: 'y', '@': 2 }] }), at(1));
  expect(family.series[0]).toBe(series);
  expect(series?.value).toBe(2);
});

const histogram = (count: number, ...bucket: number[]) => ({
  count,
  sum: count / 10,
  bucket: bucket.map((value, i) => [i + 1, value]),
});

test('a histogram has a rate, and quantiles of the observations since the previous poll', () => {
  const family = after('histogram', histogram(100, 100, 100), histogram(110, 100, 110));
  expect(family.history.columns).toEqual([
    [null, 10],
    [null, 1.5],
    [null, 1.9],
    [null, 1.99],
  ]);
  expect(family.series[0]?.average).toBeCloseTo(0.1);
});

test('a histogram whose bounds have changed is not compared with the previous poll', () => {
  const family = after('histogram', histogram(100, 100, 100), histogram(110, 1, 2, 3));
  expect(family.series[0]?.observed).toBeUndefined();
});

test('a family whose type has changed starts again', () => {
  const family = after('histogram', histogram(100, 100, 100));
  updateFamily(family, readFamily({ type: 'counter', value: 7 }), at(2));
  expect(family.history.columns).toEqual([[null]]);
});

test.each([
  ['numbers are added', 'queue_depth', 33],
  ['bytes are added', 'cache_bytes', 33],
  ['temperatures are averaged', 'disk_celsius', 11],
  ['ratios are averaged', 'disk_used_ratio', 11],
  ['durations are averaged', 'backup_age_seconds', 11],
  ['of points in time, the latest is shown', 'backup_last_success_timestamp_seconds', 20],
])('the series of a gauge are combined into one number: %s', (_what, name, value) => {
  expect(named(name, 'gauge', { q: { a: 10, b: 3, c: 20, d: null } }).current).toEqual([value]);
});

test('a gauge without values has no combined value', () => {
  expect(named('disk_celsius', 'gauge', { q: { a: null } }).current).toEqual([null]);
});

test('the rates of a counter of seconds are added', () => {
  expect(named('cpu_seconds_total', 'counter', { q: { a: 1, b: 2 } }, { q: { a: 2, b: 4 } }).current).toEqual([3]);
});

const summary = (count: number, ...values: number[]) => ({
  count,
  sum: count,
  quantile: values.map((value, i) => [[0.5, 0.99][i], value]),
});

test('a single summary shows its quantiles, several summaries do not', () => {
  expect(after('summary', { q: { a: summary(3, 0.1, 0.2) } }).current).toEqual([null, 0.1, 0.2]);
  const several = after('summary', { q: { a: summary(3, 0.1, 0.2), b: summary(1, 1, 2) } });
  expect(several.current).toEqual([null]);
  expect(summarize(several.series.slice(1), several)).toEqual([null, 1, 2]);
});
