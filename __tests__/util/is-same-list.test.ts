import { isSameList } from '../../lib/util/is-same-list.ts';

test.each([
  [[], [], true],
  [['a', 'b'], ['a', 'b'], true],
  [['a', 'b'], ['b', 'a'], false],
  [['a'], ['a', 'b'], false],
  [['a', 'b'], ['a'], false],
])('isSameList(%j, %j) is %j', (a, b, expected) => {
  expect(isSameList<string>(a, b)).toBe(expected);
});

test('a list is the same as itself, even if it contains NaN', () => {
  const list = [Number.NaN];
  expect(isSameList(list, list)).toBe(true);
});
