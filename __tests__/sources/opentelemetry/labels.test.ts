import { attributesOf, labelSet } from '../../../lib/sources/opentelemetry/labels.ts';
import { createTranslation } from '../../../lib/sources/opentelemetry/names.ts';
import fc from '../../support/property.ts';

const { label } = createTranslation('UnderscoreEscapingWithSuffixes');
const labels = (attributes: Record<string, unknown>) => labelSet(attributesOf(attributes), label);

test.each<[string, unknown, string]>([
  ['a string', 'a "b"\n', 'a "b"\n'],
  ['an empty string', '', ''],
  ['an integer', 42, '42'],
  ['a fraction', 0.1, '0.1'],
  ['a number that is none', Number.NaN, 'NaN'],
  ['an infinity', Number.NEGATIVE_INFINITY, '-Infinity'],
  ['a boolean', false, 'false'],
  ['a list of strings', ['a', 'b"c'], '["a","b\\"c"]'],
  ['a list of numbers', [1, 2.5, Number.NaN, Number.POSITIVE_INFINITY], '[1,2.5,"NaN","Infinity"]'],
  ['a list of booleans', [true, false], '[true,false]'],
  ['a list with nothing in it', [null, undefined, 'a'], '[null,null,"a"]'],
  ['a map', { a: [1], b: 'c' }, '{"a":[1],"b":"c"}'],
])('%s is a text', (_, value, text) => {
  expect(labels({ key: value })).toEqual({ key: text });
});

test('an attribute without a value is none', () => {
  expect(labels({ a: undefined, b: null, c: 'c' })).toEqual({ c: 'c' });
});

test('labels come in the order of the attributes', () => {
  expect(Object.keys(labels({ z: '1', 'a.b': '2', c: '3' }))).toEqual(['z', 'a_b', 'c']);
});

test.each<[Record<string, unknown>, Record<string, string>]>([
  [{ 'a.b': '1', a_b: '2' }, { a_b: '1;2' }],
  [{ a_b: '2', 'a.b': '1' }, { a_b: '1;2' }],
  [
    { 'a/b': 3, 'a-b': [1], 'a.b': true, other: 'x' },
    { a_b: '[1];true;3', other: 'x' },
  ],
  [{ a__b: '1', 'a_.b': '2' }, { a_b: '2;1' }],
  [{ 中: '1', 国: '2' }, { _: '1;2' }],
])('of %j, keys that become one label are joined in their own order', (attributes, expected) => {
  expect(labels(attributes)).toEqual(expected);
});

test('no key is special to JavaScript', () => {
  const attributes = Object.fromEntries([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ]);
  const untranslated = labelSet(attributesOf(attributes), createTranslation('NoTranslation').label);
  expect(Object.entries(untranslated)).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ]);
});

test('whatever the attributes are, label names are valid and no value is lost', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-z]{1,5}$/)), (attributes) => {
      const found = labels(attributes);
      for (const name of Object.keys(found)) expect(name).toMatch(/^[a-zA-Z_][a-zA-Z0-9_]*$/);
      const values = Object.values(found).flatMap((text) => text.split(';'));
      expect(values.sort()).toEqual(Object.values(attributes).sort());
    }),
  );
});
