import { LabelCache, uncachedLabels } from '../../lib/encoders/label-cache.ts';

const write = jest.fn((labels: Readonly<Record<string, string>>) => JSON.stringify(labels));

beforeEach(() => {
  write.mockClear();
});

test('a text is written once for the same labels at the same place', () => {
  const texts = new LabelCache().family('f', 'v');
  const labels = { a: 'x' };
  expect([texts.textAt(0, labels, write), texts.textAt(0, labels, write)]).toEqual(['{"a":"x"}', '{"a":"x"}']);
  // Another object with the same labels, as gauges of prom-client have after each set().
  expect(texts.textAt(0, { a: 'x' }, write)).toBe('{"a":"x"}');
  expect(write).toHaveBeenCalledTimes(1);
});

test.each([
  ['another value', { a: 'y' }],
  ['another name', { b: 'x' }],
  ['one more', { a: 'x', b: 'x' }],
  ['none', {}],
  ['another type', { a: 1 as never }],
])('other labels are written anew: %s', (_what, labels) => {
  const texts = new LabelCache().family('f', 'v');
  texts.textAt(0, { a: 'x' }, write);
  expect(texts.textAt(0, labels, write)).toBe(JSON.stringify(labels));
});

test('of several labels all have to be the same', () => {
  const texts = new LabelCache().family('f', 'v');
  texts.textAt(0, { a: '1', b: '1' }, write);
  expect(texts.textAt(0, { a: '1', b: '2' }, write)).toBe('{"a":"1","b":"2"}');
  expect(texts.textAt(0, { a: '2', b: '2' }, write)).toBe('{"a":"2","b":"2"}');
});

test('a text that is kept has the bytes that were written', () => {
  const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
  const texts = new LabelCache().family('f', 'v');
  const labels = { a: 'x' };
  texts.textAt(0, labels, () => bytes);
  expect(texts.textAt(0, labels, write)).toBe(bytes);
});

test('the order of the labels counts', () => {
  const texts = new LabelCache().family('f', 'v');
  texts.textAt(0, { a: '1', b: '2' }, write);
  expect(texts.textAt(0, { b: '2', a: '1' }, write)).toBe('{"b":"2","a":"1"}');
});

test('a place that was left out has no text', () => {
  const texts = new LabelCache().family('f', 'v');
  expect(texts.textAt(3, { a: 'x' }, write)).toBe('{"a":"x"}');
  for (const place of [0, 1, 2]) expect(texts.textAt(place, { a: String(place) }, write)).toBe(`{"a":"${place}"}`);
});

test('labels that cannot be written throw each time', () => {
  const texts = new LabelCache().family('f', 'v');
  const fail = () => {
    throw new TypeError('bad');
  };
  expect(() => texts.textAt(0, { a: 'x' }, fail)).toThrow('bad');
  expect(() => texts.textAt(0, { a: 'x' }, fail)).toThrow('bad');
});

test('another variant of a family has texts of its own', () => {
  const cache = new LabelCache();
  const labels = { a: 'x' };
  cache.family('f', 'map').textAt(0, labels, () => 'map');
  expect(cache.family('f', 'list').textAt(0, labels, () => 'list')).toBe('list');
  expect(cache.family('f', 'map').textAt(0, labels, () => 'again')).toBe('again');
});

test('what is asked for in a way of its own is not kept', () => {
  const labels = { a: 'x' };
  const texts = uncachedLabels.family('f', 'v');
  texts.textAt(0, labels, write);
  expect(texts.textAt(0, labels, () => 'anew')).toBe('anew');
});

test('texts are given back also when nothing is scraped any more', () => {
  jest.useFakeTimers();
  const cache = new LabelCache();
  cache.family('f', 'v').textAt(0, { a: 'x' }, () => 'kept');
  jest.advanceTimersByTime(10 * 60_000);
  expect(cache.family('f', 'v').textAt(0, { a: 'x' }, () => 'anew')).toBe('anew');
  jest.useRealTimers();
});

test('texts that nobody asked for in more than five minutes are given back, and no timer stays', () => {
  jest.useFakeTimers();
  const cache = new LabelCache();
  const labels = { a: 'x' };
  const names = ['busy', 'idle', 'back in time'];
  for (const name of names) cache.family(name, 'v').textAt(0, labels, () => 'kept');
  for (let minutes = 0; minutes < 5; minutes++) {
    jest.advanceTimersByTime(60_000);
    cache.family('busy', 'v');
  }
  cache.family('back in time', 'v');
  jest.advanceTimersByTime(60_000);
  expect(names.filter((name) => cache.family(name, 'v').textAt(0, labels, () => 'anew') === 'kept')).toEqual([
    'busy',
    'back in time',
  ]);
  jest.advanceTimersByTime(10 * 60_000);
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});
