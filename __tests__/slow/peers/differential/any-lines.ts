import fc, { type Arbitrary } from '../../../support/property.ts';
import type { Format } from './exposition.ts';

const NOW = Date.now();

const SUFFIXES = ['', '_total', '_bucket', '_sum', '_count', '_created', '_info', '_gcount', '_gsum', '_max'];
const TYPES: Readonly<Record<Format, readonly string[]>> = {
  text: ['counter', 'gauge', 'histogram', 'summary', 'untyped'],
  openmetrics: ['counter', 'gauge', 'histogram', 'summary', 'unknown', 'info', 'stateset', 'gaugehistogram'],
};
const COMMENTS = ['# a comment', '', '# HELP a.b text', '#HELP x y', '# EOF', '#'];

/** Most of them are usual ones. */
const mostly = (usual: readonly string[], odd: readonly string[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: fc.constantFrom(...odd) });

const bound = mostly(
  ['0.5', '1', '2', '+Inf'],
  [
    '1.0',
    '1e0',
    '+1',
    '01',
    '1.00000000000000000001',
    '0x1p0',
    '1_0',
    '-0',
    '0',
    '0.0',
    '5e-324',
    '1e-400',
    '1e400',
  ].concat(['Inf', 'inf', 'infinity', '-Inf', 'NaN', 'abc', '', ' 1']),
);
const quantile = mostly(['0', '0.5', '1'], ['0.50', '0x1p-1', '1e-1', '1.5', 'NaN', '+Inf', 'x', '']);
const number = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 9 }).map(String) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...['0.5', '-1', '.5', '5.', '+3', '00', '3.0', '2e0', '1E3', '-.5e-3', '0.1e1', '1e23', '8.41e21', '1e308'],
      ...['NaN', 'nan', 'Nan', '+Inf', '-Inf', 'inf', 'infinity', '-0', '5e-324', '1e-400', '1.7976931348623157e308'],
      ...['2.2250738585072011e-308', '4.9406564584124654e-324', '9007199254740993', '123456789012345678901234567890'],
    ),
  },
);
const text = fc.constantFrom(
  '',
  'x',
  'y',
  '+Inf',
  '\\"',
  '\\\\',
  '\\n',
  '\\a',
  '{',
  '}',
  ',',
  '=',
  '#',
  'é',
  '🦊',
  ' ',
  '\t',
);

const labelled = (key: string, value: Arbitrary<string>, usually: boolean) =>
  fc.oneof(
    { weight: usually ? 8 : 1, arbitrary: value.map((item) => [[key, item] as const]) },
    { weight: usually ? 1 : 8, arbitrary: fc.constant([]) },
  );

/** The texts of labels in any order, with each name once. */
const labels = (name: string): Arbitrary<readonly (readonly [string, string])[]> =>
  fc
    .tuple(
      labelled('le', bound, name.endsWith('_bucket')),
      labelled('quantile', quantile, false),
      fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', '__proto__', 'constructor'), text), {
        maxLength: 2,
        selector: ([key]) => key,
      }),
    )
    .chain((parts) => {
      const all = parts.flat();
      return fc.shuffledSubarray(all, { minLength: all.length });
    });

const rarely = fc.nat({ max: 11 }).map((pick) => pick === 0);
const gap = fc.constantFrom('', ' ', '\t', ' \t');

const series = (format: Format, name: string): Arbitrary<string> =>
  fc
    .tuple(labels(name), number, fc.option(fc.nat({ max: 30 }), { freq: 7 }), rarely, gap, gap)
    .map(([pairs, value, age, isOdd, a, b]) => {
      const time = age === null ? '' : ` ${(NOW - 1000 * age) / (format === 'text' ? 1 : 1000)}`;
      if (format === 'text' && isOdd) {
        const all = pairs.map(([key, item]) => `${a}${key}${b}=${a}"${item}"${b},`).join('');
        return `${name}${b}{${all}${a}}${a}${value}${time}${b}`;
      }
      const exemplar = format === 'openmetrics' && isOdd && /_(total|bucket)$/.test(name) ? ' # {id="}"} 1 1.5' : '';
      const all = pairs.map(([key, item]) => `${key}="${item}"`).join(',');
      return `${name}${all === '' && !isOdd ? '' : `{${all}}`} ${value}${time}${exemplar}`;
    });

/** The types that the model of the repairs knows: counters keep their names, and no part of a histogram is another one. */
const typesOf = (format: Format, name: string) =>
  TYPES[format].filter((type) => {
    if (type === 'histogram') return !/_(bucket|sum|count)$/.test(name);
    return type !== 'counter' || format === 'openmetrics' || name.endsWith('_total');
  });

const header = (format: Format, name: string): Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...typesOf(format, name)).map((type) => `# TYPE ${name} ${type}`) },
    {
      weight: 2,
      arbitrary: fc.constantFrom('text', 'other', '\\\\ \\n \\q "').map((help) => `# HELP ${name} ${help}`),
    },
    {
      weight: 1,
      arbitrary: format === 'text' ? fc.constantFrom(...COMMENTS) : fc.constant('# UNIT x_seconds seconds'),
    },
  );

/** Lines of any kind in any order, of a few families whose names clash. */
export function anyLines(format: Format): Arbitrary<readonly string[]> {
  const names = (minLength: number) =>
    fc.subarray(SUFFIXES, { minLength, maxLength: 5 }).map((suffixes) => suffixes.map((suffix) => `x${suffix}`));
  return fc
    .tuple(names(2), names(1))
    .chain(([ofSeries, ofHeaders]) =>
      fc.array(
        fc.oneof(
          { weight: 5, arbitrary: fc.constantFrom(...ofSeries).chain((name) => series(format, name)) },
          { weight: 2, arbitrary: fc.constantFrom('x', ...ofHeaders).chain((name) => header(format, name)) },
        ),
        { minLength: 3, maxLength: 24 },
      ),
    )
    .filter((lines) => lines.some((line) => line.startsWith('x')))
    .map((lines) => (format === 'text' ? lines : [...lines, '# EOF']));
}
