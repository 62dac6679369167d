import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPrometheusTextEncoder } from '../../lib/encoders/prometheus-text.ts';
import type { Escaping } from '../../lib/encoders/text-syntax.ts';
import { encode, family, sample } from '../support/encode.ts';
import { text004 } from '../support/encoders.ts';
import { parseText } from '../support/parse-text.ts';

const version100 = (escaping: Escaping) => createPrometheusTextEncoder({ version: '1.0.0', escaping });

const histogram = { count: 3, sum: 1.5, bounds: [0.25, 10], cumulativeCounts: [1, 2] };
const summary = { count: 2, sum: 0.5, quantiles: [0.5, 1], values: [0.25, Number.NaN] };

test('a scrape of KumoMTA comes out as it went in', async () => {
  const text = readFileSync(join(__dirname, '../vectors/kumomta-sample.txt'), 'utf8');
  const families = parseText(text);
  expect(families).toHaveLength(30);
  expect((await encode(text004(), families)).text).toBe(text);
});

describe('the text of version 0.0.4', () => {
  test.each([
    ['no families', [], ''],
    ['no samples', [family({ help: 'H' })], '# HELP m H\n# TYPE m gauge\n'],
    ['no help', [family({ type: 'untyped', samples: [sample(1)] })], '# TYPE m untyped\nm 1\n'],
    ['an empty help', [family({ help: '' })], '# HELP m \n# TYPE m gauge\n'],
    ['a help of several lines', [family({ help: 'a\\b\n"c"' })], '# HELP m a\\\\b\\n"c"\n# TYPE m gauge\n'],
    ['a counter, which keeps its name', [family({ type: 'counter', samples: [sample(2)] })], '# TYPE m counter\nm 2\n'],
    ['a unit, which it has no line for', [family({ name: 'm_s', unit: 's' })], '# TYPE m_s gauge\n'],
    [
      'labels, in the order of the label set',
      [family({ samples: [sample(1, { b: 'x', a: '' }), sample(Number.POSITIVE_INFINITY, {})] })],
      '# TYPE m gauge\nm{b="x",a=""} 1\nm +Inf\n',
    ],
    [
      'label values that have to be escaped, and such that have not',
      [family({ samples: [sample(1, { a: 'C:\\"x"\n', b: "é中\t'{}\r\u2028", c: '\uD800' })] })],
      '# TYPE m gauge\nm{a="C:\\\\\\"x\\"\\n",b="é中\t\'{}\r\u2028",c="\uFFFD"} 1\n',
    ],
    [
      'numbers and booleans as label values',
      [family({ samples: [sample(1, { a: 1, b: false })] })],
      '# TYPE m gauge\nm{a="1",b="false"} 1\n',
    ],
    [
      'a histogram',
      [
        family({
          type: 'histogram',
          samples: [sample(histogram), sample({ ...histogram, sum: undefined }, { a: 'x' })],
        }),
      ],
      '# TYPE m histogram\nm_bucket{le="0.25"} 1\nm_bucket{le="10"} 2\nm_bucket{le="+Inf"} 3\nm_sum 1.5\nm_count 3\n' +
        'm_bucket{a="x",le="0.25"} 1\nm_bucket{a="x",le="10"} 2\nm_bucket{a="x",le="+Inf"} 3\nm_count{a="x"} 3\n',
    ],
    [
      'a histogram without bounds',
      [family({ type: 'histogram', samples: [sample({ count: 3, sum: 1, bounds: [], cumulativeCounts: [] })] })],
      '# TYPE m histogram\nm_bucket{le="+Inf"} 3\nm_sum 1\nm_count 3\n',
    ],
    [
      'a summary',
      [
        family({
          type: 'summary',
          samples: [sample(summary, { a: 'x' }), sample({ count: 0, quantiles: [], values: [] })],
        }),
      ],
      '# TYPE m summary\nm{a="x",quantile="0.5"} 0.25\nm{a="x",quantile="1"} NaN\nm_sum{a="x"} 0.5\nm_count{a="x"} 2\nm_count 0\n',
    ],
    [
      'names that are not valid',
      [family({ name: 'http.server/time', help: 'H', samples: [sample(1, { 'a.b': 'x', 'c:d': 'y', '1': 'z' })] })],
      '# HELP http_server_time H\n# TYPE http_server_time gauge\nhttp_server_time{_="z",a_b="x",c_d="y"} 1\n',
    ],
    [
      'exemplars, which it has no place for',
      [{ ...family({ type: 'counter' }), samples: [{ ...sample(1), exemplar: { labels: {}, value: 1 } }] }],
      '# TYPE m counter\nm 1\n',
    ],
  ])('of %s', async (_, families, expected) => {
    const { text, losses } = await encode(text004(), families);
    expect(text).toBe(expected);
    expect(losses).toEqual([]);
  });
});

describe('a name that is not a valid one of old', () => {
  const families = [
    family({
      name: 'http.time_s',
      type: 'histogram',
      help: '"H"',
      samples: [
        sample({ count: 1, sum: 2, bounds: [5], cumulativeCounts: [1] }, { 'a.b': 'x' }),
        sample({ count: 0, bounds: [], cumulativeCounts: [] }),
      ],
    }),
  ];
  const legacy = (name: string, label: string) =>
    `# HELP ${name} "H"\n# TYPE ${name} histogram\n` +
    `${name}_bucket{${label}="x",le="5"} 1\n${name}_bucket{${label}="x",le="+Inf"} 1\n` +
    `${name}_sum{${label}="x"} 2\n${name}_count{${label}="x"} 1\n` +
    `${name}_bucket{le="+Inf"} 0\n${name}_count 0\n`;

  test.each<[Escaping, string]>([
    ['underscores', legacy('http_time_s', 'a_b')],
    ['dots', legacy('http_dot_time__s', 'a_dot_b')],
    ['values', legacy('U__http_2e_time__s', 'U__a_2e_b')],
    [
      'allow-utf-8',
      '# HELP "http.time_s" "H"\n# TYPE "http.time_s" histogram\n' +
        '{"http.time_s_bucket","a.b"="x",le="5"} 1\n{"http.time_s_bucket","a.b"="x",le="+Inf"} 1\n' +
        '{"http.time_s_sum","a.b"="x"} 2\n{"http.time_s_count","a.b"="x"} 1\n' +
        '{"http.time_s_bucket",le="+Inf"} 0\n{"http.time_s_count"} 0\n',
    ],
  ])('is written in version 1.0.0 as %s say', async (escaping, expected) => {
    const encoder = version100(escaping);
    expect(encoder.contentType).toBe(`text/plain; version=1.0.0; escaping=${escaping}; charset=utf-8`);
    const { text, losses } = await encode(encoder, families);
    expect(text).toBe(expected);
    expect(losses).toEqual([]);
  });

  test('is escaped between its quotes', async () => {
    const { text } = await encode(version100('allow-utf-8'), [
      family({ name: 'a "b"\\\n中', samples: [sample(1), sample(2, { '"': 'x', ok: 'y' })] }),
    ]);
    const name = '"a \\"b\\"\\\\\\n中"';
    expect(text).toBe(`# TYPE ${name} gauge\n{${name}} 1\n{${name},"\\""="x",ok="y"} 2\n`);
  });
});

test('version 0.0.4 says no escaping in its content type', () => {
  expect(text004()).toMatchObject({
    format: 'prometheus-text',
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
  });
});

test('a prefix stands in front of the name before it is escaped', async () => {
  const families = [family({ name: '1.a', help: 'H', samples: [sample(1)] })];
  const textOf = async (escaping: Escaping) => (await encode(version100(escaping), families, 'p_')).text;
  expect(await textOf('underscores')).toBe('# HELP p_1_a H\n# TYPE p_1_a gauge\np_1_a 1\n');
  expect(await textOf('dots')).toContain('\np__1_dot_a 1\n');
  expect(await textOf('values')).toContain('\nU__p__1_2e_a 1\n');
  expect(await textOf('allow-utf-8')).toContain('\n{"p_1.a"} 1\n');
});

describe('what would be one after escaping', () => {
  test.each<[Escaping, string[], string[]]>([
    ['underscores', ['a.b', 'a_b', 'a/b', 'ab'], ['a_b', 'ab']],
    ['dots', ['a.b', 'a_b', 'a/b', 'a_dot_b'], ['a_dot_b', 'a__b', 'a__dot__b']],
    ['values', ['a.b', 'a_b', 'a/b', 'U__a_2e_b'], ['U__a_2e_b', 'a_b', 'U__a_2f_b']],
    ['allow-utf-8', ['a.b', 'a_b', '', '_', 'x\uD800', 'x\uDBFF'], ['a.b', 'a_b', '_', 'x\uFFFD']],
  ])('costs the second family, with %s', async (escaping, names, expected) => {
    const families = names.map((name) => family({ name, samples: [sample(1)] }));
    const { text, losses } = await encode(version100(escaping), families);
    expect(parseText(text).map(({ name }) => name)).toEqual(expected);
    expect(losses).toHaveLength(names.length - expected.length);
    for (const loss of losses) expect(loss).toMatch(/^family .*: the name ".*" is another family's already/);
  });

  test.each<[Escaping, object]>([
    ['underscores', { 'a.b': 'x', a_b: 'y' }],
    ['underscores', { a_b: 'x', 'a.b': 'y' }],
    ['dots', { 'a/b': 'x', a_b: 'y' }],
    ['values', { 'a.b': 'x', U__a_2e_b: 'y' }],
    ['allow-utf-8', { '': 'x', _: 'y' }],
    ['allow-utf-8', { '\uD800': 'x', '\uDBFF': 'y' }],
  ])('costs a sample, where it is two of its labels, with %s: %j', async (escaping, labels) => {
    const { text, losses } = await encode(version100(escaping), [family({ samples: [sample(1, labels), sample(2)] })]);
    expect(text).toBe('# TYPE m gauge\nm 2\n');
    expect(losses).toEqual([expect.stringMatching(/^sample m: two of its labels \(.*\) are one after escaping$/s)]);
  });
});

test.each([
  ['histogram', histogram, ['a_bucket', 'a_sum', 'a_count'], ['a_total', 'a_created']],
  ['summary', summary, ['a_sum', 'a_count'], ['a_bucket', 'a_quantile']],
])('a family whose name is that of a series of a %s is lost', async (type, value, taken, free) => {
  const whole = family({ name: 'a', type, samples: [sample(value)] });
  const others = [...taken, ...free].map((name) => family({ name, samples: [sample(1)] }));
  const behind = await encode(text004(), [whole, ...others]);
  expect(parseText(behind.text).map(({ name }) => name)).toEqual(['a', ...free]);
  expect(behind.losses).toHaveLength(taken.length);
  for (const other of others.slice(0, taken.length)) {
    const { text } = await encode(text004(), [other, whole]);
    expect(parseText(text).map(({ name }) => name)).toEqual([other.name]);
  }
});

describe('a label that the format needs for itself', () => {
  test.each([
    ['histogram', 'le', histogram, true],
    ['summary', 'quantile', summary, true],
    ['gauge', '__name__', 1, true],
    ['histogram', '__name__', histogram, true],
    ['gauge', 'le', 1, false],
    ['counter', 'quantile', 1, false],
    ['histogram', 'quantile', histogram, false],
    ['summary', 'le', summary, false],
  ])('%s: a label "%s" costs its sample where it would be taken for it', async (type, label, value, isLost) => {
    const { text, losses } = await encode(text004(), [family({ type, samples: [sample(value, { [label]: 'x' })] })]);
    expect(losses).toEqual(isLost ? [`sample m: its label "${label}" is one that the format needs for itself`] : []);
    expect(parseText(text)[0]?.samples).toHaveLength(isLost ? 0 : 1);
  });

  test('costs its sample also when escaping makes it that', async () => {
    const { losses } = await encode(text004(), [family({ samples: [sample(1, { '--name--': 'x' })] })]);
    expect(losses).toEqual(['sample m: its label "--name--" is one that the format needs for itself']);
  });
});
