import type { Encoder } from '../../lib/encoders/encoder.ts';
import { type FamilyLabelCache, LabelCache } from '../../lib/encoders/label-cache.ts';
import { cachedBytes, excessBytes, MAX_CACHED_BYTES } from '../../lib/util/cache-budget.ts';
import { closeAccounts, holdAccount, leaveBytes } from '../support/budget.ts';
import { encode, family, sample } from '../support/encode.ts';
import { FORMATS } from '../support/encoders.ts';

// In a file of its own: what a process caches is counted, and nothing else is to be cached here.

const KIB = 1024;
const LONG = 'x'.repeat(4 * KIB);
let all: FamilyLabelCache[] = [];
afterEach(() => {
  closeAccounts();
  for (const texts of all) texts.clear();
  all = [];
});

function open(cache = new LabelCache(), variant = 'v', name = 'f'): FamilyLabelCache {
  const texts = cache.family(name, variant);
  all.push(texts);
  return texts;
}

/** Writes series with long labels; returns their label objects. */
function fill(
  texts: FamilyLabelCache,
  length: number,
  labels = Array.from({ length }, (_, i) => ({ a: `${LONG}${i}` })),
) {
  for (const [i, own] of labels.entries()) texts.textAt(i, own, ({ a }) => a as string);
  texts.end(length);
  return labels;
}

/** Whether a text is cached that is written there now. */
function keeps(texts: FamilyLabelCache, position: number): boolean {
  const own = { a: `${position}` };
  texts.textAt(position, own, () => 'kept');
  return texts.textAt(position, own, () => 'not kept') === 'kept';
}

test('32,768 label sets of 4 KiB are cached as far as the limit in bytes allows', () => {
  const texts = open();
  const labels = fill(texts, 32_768);
  expect(cachedBytes()).toBeLessThanOrEqual(MAX_CACHED_BYTES);
  // As long as nobody else is known to keep them, the label objects count too.
  const most = MAX_CACHED_BYTES / (8 * KIB);
  const isCached = (i: number) => texts.textAt(i, labels[i]!, () => 'not kept') !== 'not kept';
  const count = labels.findIndex((_, i) => !isCached(i));
  expect(count).toBeGreaterThan(0.9 * most);
  expect(count).toBeLessThanOrEqual(most);
  expect(isCached(32_767)).toBe(false);
});

test('a million of them are written, and no more than the limit is cached', () => {
  const texts = open();
  for (let i = 0; i < 2 ** 20; i++) texts.textAt(i, { a: `${LONG}${i}` }, ({ a }) => a as string);
  texts.end(2 ** 20);
  expect(cachedBytes()).toBeLessThanOrEqual(MAX_CACHED_BYTES);
  expect(cachedBytes()).toBeGreaterThan(0.9 * MAX_CACHED_BYTES);
});

test('each text, each label object and each family counts, and forgetting them gives everything back', () => {
  const cache = new LabelCache();
  const before = cachedBytes();
  const texts = open(cache);
  const empty = cachedBytes();
  expect(empty - before).toBeGreaterThanOrEqual(500);
  fill(texts, 10);
  expect(cachedBytes() - empty).toBeGreaterThanOrEqual(10 * 2 * LONG.length);
  expect(cachedBytes() - empty).toBeLessThan(10 * 2 * (LONG.length + 200));
  texts.end(0);
  expect(cachedBytes()).toBe(empty);
  fill(texts, 10);
  texts.clear();
  expect(cachedBytes()).toBe(before);
  fill(texts, 10);
  texts.clear();
  expect(cachedBytes()).toBe(before);
});

test('label objects that come again are the source’s own and do not count; they do again when others come', () => {
  const texts = open();
  const labels = fill(texts, 100);
  const charged = cachedBytes();
  fill(texts, 100, labels);
  const shared = cachedBytes();
  expect(charged - shared).toBeGreaterThanOrEqual(100 * LONG.length);
  fill(texts, 100, labels.with(0, { ...labels[0]! }));
  expect(cachedBytes()).toBe(shared);
  fill(texts, 100);
  expect(cachedBytes()).toBe(charged);
});

test('series that found no room find it once the label objects before them are known to be the source’s', () => {
  const giveBack = leaveBytes(15 * 2 * LONG.length);
  const texts = open();
  const labels = fill(texts, 20);
  for (let scrapes = 0; scrapes < 3; scrapes++) fill(texts, 20, labels);
  expect(keeps(texts, 19)).toBe(true);
  expect(cachedBytes()).toBeLessThanOrEqual(MAX_CACHED_BYTES);
  giveBack();
});

test('a text that is replaced counts with its new length, or is not replaced where that finds no room', () => {
  const texts = open();
  texts.textAt(0, { a: 'x' }, () => 'x'.repeat(100));
  const before = cachedBytes();
  texts.textAt(0, { a: 'y' }, () => 'y'.repeat(50));
  expect(before - cachedBytes()).toBe(2 * 50);
  const giveBack = leaveBytes(99);
  texts.textAt(0, { a: 'z' }, () => 'z'.repeat(100));
  expect(cachedBytes()).toBe(MAX_CACHED_BYTES - 99);
  expect(texts.textAt(0, { a: 'z' }, () => 'anew')).toBe('anew');
  giveBack();
});

test('the places before a series count, and one that is too far away costs nothing', () => {
  const texts = open();
  const empty = cachedBytes();
  expect(keeps(texts, MAX_CACHED_BYTES / 16)).toBe(false);
  expect(cachedBytes()).toBe(empty);
  expect(keeps(texts, 1_000)).toBe(true);
  expect(cachedBytes() - empty).toBeGreaterThanOrEqual(16 * 1_000);
});

test('a family for which there is no room is written without being cached', () => {
  const cache = new LabelCache();
  const giveBack = leaveBytes(2_000);
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  expect(names.filter((name) => keeps(open(cache, 'v', name), 0))).toEqual(['a', 'b']);
  expect(cachedBytes()).toBeLessThanOrEqual(MAX_CACHED_BYTES);
  giveBack();
  expect(keeps(open(cache, 'v', 'c'), 0)).toBe(true);
});

test('what another account took with priority is given back at the end of the next document', () => {
  const texts = open();
  const labels = fill(texts, 100);
  const giveBack = leaveBytes(0);
  const state = holdAccount({ hasPriority: true });
  state.tryReserve(10 * LONG.length);
  expect(excessBytes()).toBe(10 * LONG.length);
  fill(texts, 100, labels);
  expect(excessBytes()).toBe(0);
  expect(keeps(texts, 0)).toBe(true);
  state.tryReserve(1_000 * LONG.length);
  texts.end(100);
  expect(texts.isCleared).toBe(true);
  state.close();
  giveBack();
});

test('another variant of a family takes the place of the one before', () => {
  const cache = new LabelCache();
  fill(open(cache, 'map'), 10);
  const before = cachedBytes();
  fill(open(cache, 'list'), 10);
  expect(cachedBytes() - before).toBeLessThan(10);
});

test('families that were not written for more than five minutes give their bytes back, and the cache still works', () => {
  jest.useFakeTimers();
  const before = cachedBytes();
  const cache = new LabelCache();
  for (const name of ['a', 'b']) cache.family(name, 'v').textAt(0, { a: 'x' }, () => 'kept');
  expect(cachedBytes()).toBeGreaterThan(before);
  jest.advanceTimersByTime(10 * 60_000);
  expect(cachedBytes()).toBe(before);
  // The cache goes on to work.
  cache.family('a', 'v').textAt(0, { a: 'x' }, () => 'kept');
  expect(cache.family('a', 'v').textAt(0, { a: 'x' }, () => 'anew')).toBe('kept');
  jest.advanceTimersByTime(10 * 60_000);
  expect([cachedBytes(), jest.getTimerCount()]).toEqual([before, 0]);
  jest.useRealTimers();
});

/** One that is garbage-collected would give back what it has cached, at any time. */
const encoders: Encoder[] = [];

describe.each(FORMATS)('in %s', (_format, make) => {
  test('family names are cached as far as the limit allows, and all of them are written', async () => {
    const encoder = make();
    encoders.push(encoder);
    const giveBack = leaveBytes(100 * KIB);
    function* families() {
      for (let i = 0; i < 2_000; i++) yield family({ name: `${LONG.slice(0, 1_000)}_${i}`, samples: [sample(i)] });
    }
    const { text, losses } = await encode(encoder, families());
    expect(losses).toEqual([]);
    expect(text.match(/x_\d+/g)?.length).toBeGreaterThanOrEqual(2_000);
    expect(cachedBytes()).toBeGreaterThan(MAX_CACHED_BYTES - 50 * KIB);
    expect(cachedBytes()).toBeLessThanOrEqual(MAX_CACHED_BYTES);
    giveBack();
  });
});
