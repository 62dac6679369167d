import { parseRanges } from '../../lib/document/accept.ts';

test('ranges come best first, equals in the order of the header', () => {
  const ranges = parseRanges('a;q=0.1, b, c;q=0.5;x=Y, d;q=0, e;q=0.5');
  expect(ranges.map(({ value, q }) => [value, q])).toEqual([
    ['b', 1],
    ['c', 0.5],
    ['e', 0.5],
    ['a', 0.1],
    ['d', 0],
  ]);
  expect(ranges[1]?.parameters.get('x')).toBe('y');
});
