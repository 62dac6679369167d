import { keepsNothing, LabelTexts } from '../../lib/encoders/label-texts.ts';

const write = jest.fn((labels: Readonly<Record<string, string>>) => JSON.stringify(labels));

beforeEach(() => {
  write.mockClear();
});

test('a text is written once for the same labels at the same place', () => {
  const texts = new LabelTexts().family('f', 'v');
  const labels = { a: 'x' };
  expect([texts.at(0, labels, write), texts.at(0, labels, write)]).toEqual(['{"a":"x"}', '{"a":"x"}']);
  // Another object with the same labels, as gauges of prom-client have after each set().
  expect(texts.at(0, { a: 'x' }, write)).toBe('{"a":"x"}');
  expect(write).toHaveBeenCalledTimes(1);
});

test.each([
  ['another value', { a: 'y' }],
  ['another name', { b: 'x' }],
  ['one more', { a: 'x', b: 'x' }],
  ['none', {}],
  ['another type', { a: 1 as never }],
])('other labels are written anew: %s', (_what, labels) => {
  const texts = new LabelTexts().family('f', 'v');
  texts.at(0, { a: 'x' }, write);
  expect(texts.at(0, labels, write)).toBe(JSON.stringify(labels));
});

test('the order of the labels counts', () => {
  const texts = new LabelTexts().family('f', 'v');
  texts.at(0, { a: '1', b: '2' }, write);
  expect(texts.at(0, { b: '2', a: '1' }, write)).toBe('{"b":"2","a":"1"}');
});

test('a place that was left out has no text', () => {
  const texts = new LabelTexts().family('f', 'v');
  expect(texts.at(3, { a: 'x' }, write)).toBe('{"a":"x"}');
  for (const place of [0, 1, 2]) expect(texts.at(place, { a: String(place) }, write)).toBe(`{"a":"${place}"}`);
});

test('labels that cannot be written throw each time', () => {
  const texts = new LabelTexts().family('f', 'v');
  const fail = () => {
    throw new TypeError('bad');
  };
  expect(() => texts.at(0, { a: 'x' }, fail)).toThrow('bad');
  expect(() => texts.at(0, { a: 'x' }, fail)).toThrow('bad');
});

test('another variant of a family has texts of its own', () => {
  const cache = new LabelTexts();
  const labels = { a: 'x' };
  cache.family('f', 'map').at(0, labels, () => 'map');
  expect(cache.family('f', 'list').at(0, labels, () => 'list')).toBe('list');
  expect(cache.family('f', 'map').at(0, labels, () => 'again')).toBe('again');
});

test('what is asked for in a way of its own is not kept', () => {
  const labels = { a: 'x' };
  const texts = keepsNothing.family('f', 'v');
  texts.at(0, labels, write);
  expect(texts.at(0, labels, () => 'anew')).toBe('anew');
});

test('what is kept is bounded, and trimmed texts make room', () => {
  const cache = new LabelTexts();
  const labels = Array.from({ length: 2 ** 20 + 1 }, () => ({ a: 'x' }));
  const texts = cache.family('f', 'v');
  for (const [i, set] of labels.entries()) texts.at(i, set, () => 'kept');
  const last = labels.length - 1;
  expect(texts.at(0, labels[0] as never, write)).toBe('kept');
  expect(texts.at(last, labels[last] as never, write)).not.toBe('kept');
  // In the whole process: other families have no room either.
  const others = new LabelTexts().family('g', 'v');
  others.at(0, { a: 'z' }, () => 'kept');
  expect(others.at(0, { a: 'z' }, write)).not.toBe('kept');
  texts.trim(0);
  texts.at(0, { a: 'z' }, () => 'new');
  expect(texts.at(0, { a: 'z' }, write)).toBe('new');
  // As does a family that is forgotten.
  for (const [i, set] of labels.entries()) texts.at(i, set, () => 'kept');
  texts.forget();
  others.at(0, { a: 'z' }, () => 'kept at last');
  expect(others.at(0, { a: 'z' }, write)).toBe('kept at last');
});

test('texts are given back also when nothing is scraped any more', () => {
  jest.useFakeTimers();
  const cache = new LabelTexts();
  cache.family('f', 'v').at(0, { a: 'x' }, () => 'kept');
  jest.advanceTimersByTime(10 * 60_000);
  expect(cache.family('f', 'v').at(0, { a: 'x' }, () => 'anew')).toBe('anew');
  jest.useRealTimers();
});

test('texts that nobody asked for in a while are given back, and no timer stays', () => {
  jest.useFakeTimers();
  const cache = new LabelTexts();
  const labels = { a: 'x' };
  cache.family('busy', 'v').at(0, labels, () => 'kept');
  cache.family('idle', 'v').at(0, labels, () => 'kept');
  for (let minutes = 0; minutes < 8; minutes++) {
    jest.advanceTimersByTime(60_000);
    cache.family('busy', 'v');
  }
  expect(cache.family('busy', 'v').at(0, labels, write)).toBe('kept');
  expect(cache.family('idle', 'v').at(0, labels, () => 'anew')).toBe('anew');
  jest.advanceTimersByTime(10 * 60_000);
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});
