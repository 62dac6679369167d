import { readFamily } from '../../lib/dashboard/browser/model/document.ts';
import { createFamily, type Family } from '../../lib/dashboard/browser/model/family.ts';
import { loadSamples, replayFamily, updateFamily } from '../../lib/dashboard/browser/model/update-family.ts';
import { averageOf, currentOf, observedIn, summarize } from '../../lib/dashboard/browser/model/windows.ts';

/** Rates are those between the last two polls. */
const retention = { count: 100, window: 1 };

const at = (poll: number) => ({ poll, time: 1000 + poll, clock: poll, limit: 100 });

/** Returns a family after documents that arrived a second apart. */
const after = (type: string, ...values: unknown[]) => named('a', type, ...values);

function named(name: string, type: string, ...values: unknown[]): Family {
  const family = createFamily(name);
  for (const [i, value] of values.entries()) {
    updateFamily(family, readFamily({ type, value }), at(i), retention);
  }
  return family;
}

const rates = (family: Family) =>
  Object.fromEntries(family.series.map((one) => [one.labels[1], currentOf(one, family)]));

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
  updateFamily(family, readFamily({ type: 'gauge', value: [{ a: 'x', b: 'y', '@': 2 }] }), at(1), retention);
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
    [null, 1.95],
    [null, 1.99],
  ]);
  expect(averageOf(family.series[0]!, family, family.span)).toBeCloseTo(0.1);
});

test('a histogram whose bounds have changed is not compared with the previous poll', () => {
  const family = after('histogram', histogram(100, 100, 100), histogram(110, 1, 2, 3));
  expect(observedIn(family.series, family, family.span)).toEqual({ bounds: [], counts: [0] });
});

test('a family whose type has changed starts again', () => {
  const family = after('histogram', histogram(100, 100, 100));
  updateFamily(family, readFamily({ type: 'counter', value: 7 }), at(2), retention);
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

test('the past is loaded from documents, and lines are drawn from it', () => {
  const family = after('counter', { q: { a: 100, b: 5 } });
  const past = [10, 20].map((clock) => ({
    moment: { ...at(0), poll: clock / 10 - 3, clock: clock - 30, time: 970 + clock },
    data: readFamily({ type: 'counter', value: { q: { b: 2, gone: 7, a: clock } } }),
  }));
  loadSamples(family, past, { count: 100, window: 60 });
  expect(family.current).toEqual([(90 + 3) / 20]);
  expect(family.history).toEqual({ polls: [-2, -1, 0], times: [980, 990, 1000], columns: [[null, 1, 4.65]] });
});

test('a past of another type, or with other buckets, is left out', () => {
  const family = after('histogram', histogram(100, 50, 100));
  const past = [
    { type: 'counter', value: 5 },
    { type: 'histogram', value: histogram(90, 1, 2, 3) },
  ].map((raw, i) => ({
    moment: { ...at(0), clock: i - 9 },
    data: readFamily(raw),
  }));
  loadSamples(family, past, { count: 100, window: 60 });
  expect(observedIn(family.series, family, family.span)).toEqual({ bounds: [], counts: [0] });
});

test('another window changes the current values and the line, and keeps what is older than the samples', () => {
  const family = createFamily('a');
  const few = { count: 100, window: 30 };
  for (let i = 0; i < 2000; i++) updateFamily(family, readFamily({ type: 'counter', value: i ** 2 }), at(i), few);
  const before = family.history.times[0];
  replayFamily(family, 900);
  expect(family.current[0]).toBeCloseTo(1999 * 2 - family.span.seconds);
  expect(family.history.times[0]).toBe(before);
  expect(family.history.times.at(-1)).toBe(2999);
  expect(family.history.columns[0]?.at(-1)).toBe(family.current[0]);
});

test('slots of series that are gone are used again, so that memory is bounded', () => {
  const family = createFamily('a');
  for (let i = 0; i < 2000; i++) {
    const value = { q: { [`pod-${i}`]: 1, [`pod-${i + 1}`]: 2, always: i } };
    updateFamily(family, readFamily({ type: 'counter', value }), at(i), { count: 50, window: 30 });
  }
  expect(family.slots).toBeLessThanOrEqual(110);
  expect(rates(family)).toMatchObject({ always: 1 });
});
