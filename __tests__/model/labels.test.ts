import { isSameLabelSet, labelSetKey, seriesLabelsKey, setLabel } from '../../lib/model/labels.ts';

test('label sets are the same when names, values and order are', () => {
  expect(isSameLabelSet({ a: '1', b: '2' }, { a: '1', b: '2' })).toBe(true);
  expect(isSameLabelSet({}, {})).toBe(true);
  expect(isSameLabelSet({ a: '1', b: '2' }, { b: '2', a: '1' })).toBe(false);
  expect(isSameLabelSet({ a: '1' }, { a: '2' })).toBe(false);
  expect(isSameLabelSet({ a: '1' }, { a: '1', b: '2' })).toBe(false);
  expect(isSameLabelSet({ a: '1' }, { b: '1' })).toBe(false);
});

test('the key of a label set does not depend on the order of its labels', () => {
  expect(labelSetKey({ a: '1', b: '2' })).toBe(labelSetKey({ b: '2', a: '1' }));
});

test('different label sets have different keys', () => {
  const sets = [{}, { a: '' }, { a: '1' }, { b: '1' }, { a: '1', b: '2' }, { a: '1","b":"2' }, { ab: '1' }];
  expect(new Set(sets.map(labelSetKey)).size).toBe(sets.length);
});

test('the key of a series does not depend on empty labels', () => {
  const empty = Object.fromEntries([
    ['b', ''],
    ['__proto__', ''],
  ]);
  expect(seriesLabelsKey({ ...empty, a: '1' })).toBe(seriesLabelsKey({ a: '1' }));
  expect(seriesLabelsKey(empty)).toBe(seriesLabelsKey({}));
  expect(seriesLabelsKey({ a: '1' })).not.toBe(seriesLabelsKey({ b: '1' }));
});

test('setLabel sets any name, __proto__ included, and leaves the prototype alone', () => {
  const labels: Record<string, string> = {};
  for (const name of ['a', '__proto__', 'constructor']) setLabel(labels, name, `value of ${name}`);
  expect(Object.entries(labels)).toEqual([
    ['a', 'value of a'],
    ['__proto__', 'value of __proto__'],
    ['constructor', 'value of constructor'],
  ]);
  expect(Object.getPrototypeOf(labels)).toBe(Object.prototype);
});
