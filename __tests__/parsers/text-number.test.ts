import { textNumberValue } from '../../lib/parsers/text-number.ts';

test.each([
  ['0', 0],
  ['12.5', 12.5],
  ['5.', 5],
  ['.5', 0.5],
  ['+1e3', 1000],
  ['-1.5E-2', -0.015],
  ['1e308', 1e308],
  ['NaN', Number.NaN],
  ['+Inf', Number.POSITIVE_INFINITY],
  ['-infinity', Number.NEGATIVE_INFINITY],
])('%s is the number %d', (text, value) => {
  expect(textNumberValue(text)).toBe(value);
});

test.each(['', '.', '+', '1e', '1e+', '1.2.3', '0x10', '1_000', '1e999', ' 1', '1 ', 'infinite', '١'])(
  '%j is none',
  (text) => {
    expect(textNumberValue(text)).toBeUndefined();
  },
);

test('digits that come to nothing take no more time than those of a number', () => {
  const digits = '1'.repeat(400_000);
  expect(textNumberValue(`${digits}z`)).toBeUndefined();
  expect(textNumberValue(`0.${digits}`)).toBeCloseTo(0.1111);
});
