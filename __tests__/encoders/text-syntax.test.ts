import type { Encoder } from '../../lib/encoders/encoder.ts';
import { type Escaping, escapeLabelName, escapeMetricName } from '../../lib/encoders/text-syntax.ts';
import { encode, family, sample } from '../support/encode.ts';
import { openMetrics, text004 } from '../support/encoders.ts';

// From the tests of EscapeName in prometheus/common, but for the last rows.
const names: [name: string, Record<Escaping, string>][] = [
  [
    'no:escaping_required',
    {
      'allow-utf-8': 'no:escaping_required',
      underscores: 'no:escaping_required',
      dots: 'no:escaping__required',
      values: 'no:escaping_required',
    },
  ],
  [
    'mysystem.prod.west.cpu.load',
    {
      'allow-utf-8': 'mysystem.prod.west.cpu.load',
      underscores: 'mysystem_prod_west_cpu_load',
      dots: 'mysystem_dot_prod_dot_west_dot_cpu_dot_load',
      values: 'U__mysystem_2e_prod_2e_west_2e_cpu_2e_load',
    },
  ],
  [
    'mysystem.prod.west.cpu.load_total',
    {
      'allow-utf-8': 'mysystem.prod.west.cpu.load_total',
      underscores: 'mysystem_prod_west_cpu_load_total',
      dots: 'mysystem_dot_prod_dot_west_dot_cpu_dot_load__total',
      values: 'U__mysystem_2e_prod_2e_west_2e_cpu_2e_load__total',
    },
  ],
  [
    'http.status:sum',
    {
      'allow-utf-8': 'http.status:sum',
      underscores: 'http_status:sum',
      dots: 'http_dot_status:sum',
      values: 'U__http_2e_status:sum',
    },
  ],
  [
    'label with \u{1F631}',
    {
      'allow-utf-8': 'label with \u{1F631}',
      underscores: 'label_with__',
      dots: 'label__with____',
      values: 'U__label_20_with_20__1f631_',
    },
  ],
  ['花火', { 'allow-utf-8': '花火', underscores: '__', dots: '____', values: 'U___82b1__706b_' }],
  [
    'label with \u0100',
    {
      'allow-utf-8': 'label with \u0100',
      underscores: 'label_with__',
      dots: 'label__with____',
      values: 'U__label_20_with_20__100_',
    },
  ],
  ['1a', { 'allow-utf-8': '1a', underscores: '_a', dots: '__a', values: 'U___31_a' }],
  ['a\uD800', { 'allow-utf-8': 'a\uFFFD', underscores: 'a_', dots: 'a__', values: 'U__a_FFFD_' }],
  ['a\uDFFF', { 'allow-utf-8': 'a\uFFFD', underscores: 'a_', dots: 'a__', values: 'U__a_FFFD_' }],
  // There is no name that is empty.
  ['', { 'allow-utf-8': '_', underscores: '_', dots: '_', values: '_' }],
];

// A label's name may not have a colon.
const labelNames: typeof names = [
  ...names.filter(([name]) => !name.includes(':')),
  [
    'no:escaping_required',
    {
      'allow-utf-8': 'no:escaping_required',
      underscores: 'no_escaping_required',
      dots: 'no__escaping__required',
      values: 'U__no_3a_escaping__required',
    },
  ],
];

const cases = (table: typeof names) =>
  table.flatMap(([name, escaped]) =>
    (Object.keys(escaped) as Escaping[]).map((escaping) => ({ name, escaping, expected: escaped[escaping] })),
  );

describe('a name is escaped as Prometheus does it', () => {
  test.each(cases(names))('$escaping: "$name" becomes "$expected"', ({ name, escaping, expected }) => {
    expect(escapeMetricName(name, escaping)).toBe(expected);
  });

  test.each(cases(labelNames))('$escaping: a label "$name" becomes "$expected"', ({ name, escaping, expected }) => {
    expect(escapeLabelName(name, escaping)).toBe(expected);
  });
});

describe('numbers in text', () => {
  async function written(encoder: Encoder, members: object): Promise<string> {
    const document = (await encode(encoder, [family(members)])).text;
    return document.split('\n').filter((line) => !line.startsWith('#'))[0] as string;
  }

  test.each([
    [0, '0'],
    [-0, '0'],
    [3, '3'],
    [-1.5, '-1.5'],
    [0.1 + 0.2, '0.30000000000000004'],
    [15658725376, '15658725376'],
    [1e21, '1e+21'],
    [5e-324, '5e-324'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ])('a value: %p is %s', async (value, expected) => {
    expect(await written(text004(), { samples: [sample(value)] })).toBe(`m ${expected}`);
    expect(await written(openMetrics(), { samples: [sample(value)] })).toBe(`m ${expected}`);
  });

  test.each([
    [0, '0', '0.0'],
    [-0, '0', '0.0'],
    [1, '1', '1.0'],
    [-1, '-1', '-1.0'],
    [2.5, '2.5', '2.5'],
    [10, '10', '10.0'],
    [0.0001, '0.0001', '0.0001'],
    [0.00025, '0.00025', '0.00025'],
    [0.00001, '0.00001', '1e-05'],
    [0.0000125, '0.0000125', '1.25e-05'],
    [1e-10, '1e-10', '1e-10'],
    [1e-100, '1e-100', '1e-100'],
    [100000, '100000', '100000.0'],
    [123456.5, '123456.5', '123456.5'],
    [1e6, '1000000', '1e+06'],
    [1234567, '1234567', '1.234567e+06'],
    [-1e6, '-1000000', '-1e+06'],
    [1e21, '1e+21', '1e+21'],
    [1e100, '1e+100', '1e+100'],
  ])('a bound: %p is %s, in OpenMetrics %s', async (bound, expected, canonical) => {
    const samples = [sample({ count: 1, bounds: [bound], cumulativeCounts: [1] })];
    expect(await written(text004(), { type: 'histogram', samples })).toBe(`m_bucket{le="${expected}"} 1`);
    expect(await written(openMetrics(), { type: 'histogram', samples })).toBe(`m_bucket{le="${canonical}"} 1`);
  });
});
