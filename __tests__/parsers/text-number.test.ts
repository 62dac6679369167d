import { textNumberValue } from '../../lib/parsers/text-number.ts';
import fc from '../support/property.ts';

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

test('a short decimal number is the double that is nearest to it', () => {
  const sign = fc.constantFrom('', '-', '+');
  const digits = fc.stringMatching(/^[0-9]{0,18}$/);
  fc.assert(
    fc.property(sign, digits, fc.constantFrom('', '.'), digits, (minus, whole, point, fraction) => {
      fc.pre(whole !== '' || (point !== '' && fraction !== ''));
      const text = minus + whole + point + fraction;
      expect(textNumberValue(text)).toBe(Number(text));
    }),
    { numRuns: 20_000 },
  );
});

test('digits that come to nothing take no more time than those of a number', () => {
  const digits = '1'.repeat(400_000);
  expect(textNumberValue(`${digits}z`)).toBeUndefined();
  expect(textNumberValue(`0.${digits}`)).toBeCloseTo(0.1111);
});
