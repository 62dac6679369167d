import { parseKumoMtaJson } from '../../lib/parsers/kumomta-json.ts';
import { singleBytes } from '../support/documents.ts';
import { type ReadFamily, readAll, readWithReports } from '../support/parsed.ts';

const BEFORE = '{"a":{"type":"gauge","value":{"q":{"x":1,"y":2}}},';
const AFTER = ',"z":{"type":"counter","value":[{"q":"x","r":"y","@":3}]}}';

const typed = (type: string) => (value: string) => `"m":{"type":"${type}","value":${value}}`;
const gauge = typed('gauge');
const histogram = typed('histogram');
const summary = typed('summary');

/** Reads a document with an odd family between two others, which must be as they are without it. */
async function readOdd(family: string) {
  const { families, repairs, drops } = await readWithReports(parseKumoMtaJson(), `${BEFORE}${family}${AFTER}`);
  const others = await readAll(parseKumoMtaJson(), `${BEFORE.slice(0, -1)}${AFTER}`);
  expect([families[0], families.at(-1)]).toEqual(others);
  const reports = [...repairs.map(({ kind, family, message }) => `${family}: ${kind}: ${message}`), ...drops];
  return { families: families.slice(1, -1), reports };
}

const inOrder = (families: readonly ReadFamily[]) =>
  families.map(({ name, type, samples }) => [name, type, samples.map(({ labels, value }) => [labels, value])]);

/** The mark ¦ is at the position that the report must state. */
function placed(marked: string) {
  const [before, after] = marked.split('¦') as [string, string];
  const excerpt = JSON.stringify(`${after}${AFTER}`.slice(0, 40));
  return { family: before + after, byte: BEFORE.length + before.length, excerpt };
}

// What has another structure is dropped. What is left of the family stays.
test.each<[what: string, marked: string, reason: string, left: unknown[], dropped?: number]>([
  ['a string for a number', gauge('¦"Infinity"'), 'expected a number', []],
  ['a boolean for a number', gauge('¦true'), 'expected a number', []],
  ['an object for a number', gauge('{"q":{"a":1,"b":¦{"c":[1]},"c":2}}'), 'expected a number', [1, 2]],
  ['strings for numbers', gauge('{"q":{"a":¦"1","b":"2","c":3}}'), 'expected a number', [3], 2],
  [
    'a number beyond a double',
    gauge('{"q":{"a":¦1e999,"b":2}}'),
    'expected a number within the range of a double',
    [2],
  ],
  ['a number for a histogram', histogram('{"q":{"a":¦1}}'), 'expected {', []],
  ['a histogram for a number', gauge('{"count":¦3,"sum":0.9,"avg":0.3,"bucket":[]}'), 'expected {', []],
  ['a list of one number', gauge('[¦1]'), 'expected {', []],
  ['numbers in a list', gauge('[{"q":"a","@":1},¦2,3,{"q":"b","@":4}]'), 'expected {', [1, 4], 2],
  ['a label that is no string', gauge('[{"q":¦1,"@":2},{"q":"b","@":3}]'), 'expected a string', [3]],
  ['a sample without a value', gauge('[{"q":"a"¦},{"q":"b","@":3}]'), 'expected "@" before this', [3]],
  ['a label that is there twice', gauge('[{"q":"1",¦"q":"2","@":3}]'), 'expected "q" once', []],
  ['a value that is there twice', gauge('[{"@":1,¦"@":2}]'), 'expected "@" once', []],
  ['a label after a value', gauge('[{"@":1,"q":¦null},{"@":2,"q":"a"}]'), 'expected a string', [2]],
  ['a map of two labels', gauge('{"a":{"x":1},¦"b":{"y":{}}}'), 'expected a map with one label', [1]],
  ['a map of a label and a number', gauge('{"a":{"x":1},¦"b":2,"c":3}'), 'expected a map with one label', [1]],
  [
    'a map with more behind it',
    gauge('{"a":{"x":1},¦"b":[[1],[2]],"c":{"y":{}}}'),
    'expected a map with one label',
    [1],
  ],
  ['a map of a number', gauge('{"q":¦1}'), 'expected {', []],
  ['a bucket of three', histogram('{"count":1,"bucket":[[1,1¦,1]]}'), 'expected ]', []],
  ['a bucket that is no number', histogram('{"count":1,"bucket":[[1,¦"one"]]}'), 'expected a number', []],
  ['a sum that is there twice', histogram('{"count":1,"sum":1,¦"sum":2,"bucket":[]}'), 'expected "sum" once', []],
  ['a histogram of nothing', histogram('[{"@":{"bucket":[]¦}}]'), 'expected "count" or "bucket" before this', []],
  ['a value before its type', '"m":{"value":{"q":{"a":¦"1","b":2}},"type":"gauge"}', 'expected a number', [2]],
])('%s is dropped, and costs no other sample', async (_, marked, reason, left, dropped = 1) => {
  const { family, byte, excerpt } = placed(marked);
  const { families, reports } = await readOdd(family);
  expect(families).toMatchObject([{ name: 'm', samples: left.map((value) => ({ value })) }]);
  const got = family.startsWith('"m":{"value"') ? expect.any(String) : `${reason}, got ${excerpt}`;
  expect(reports).toEqual([
    typeof got === 'string'
      ? `m: ERR_METRICS_INVALID_SAMPLE: family "m": byte ${byte}: ${got}; ${dropped} of the samples were dropped`
      : expect.stringContaining(`family "m": byte ${byte}: ${reason}, got `),
  ]);
});

// What is a histogram or summary, but no valid one, is repaired as in a text.
test.each<[what: string, family: string, value: object, isReported: boolean]>([
  ['a histogram without buckets', histogram('{"count":2}'), { count: 2, bounds: [], cumulativeCounts: [] }, true],
  [
    'a histogram without a count',
    histogram('{"bucket":[[1,1],[2,3]]}'),
    { count: 3, bounds: [1, 2], cumulativeCounts: [1, 3] },
    true,
  ],
  [
    'a histogram with +Inf instead of a count',
    histogram('{"bucket":[[1,1],[null,3]]}'),
    { count: 3, bounds: [1], cumulativeCounts: [1] },
    false,
  ],
  [
    'a summary with a quantile twice',
    summary('{"count":1,"quantile":[[0.5,1],[0.9,3],[0.5,2]]}'),
    { count: 1, quantiles: [0.5, 0.9], values: [1, 3] },
    true,
  ],
  [
    'a summary without quantiles',
    summary('{"count":1,"sum":2}'),
    { count: 1, sum: 2, quantiles: [], values: [] },
    false,
  ],
])('%s is repaired', async (_, family, value, isReported) => {
  const { families, reports } = await readOdd(family);
  expect(families).toMatchObject([{ name: 'm', samples: [{ labels: {}, value }] }]);
  const type = family.includes('quantile') ? 'summary' : 'histogram';
  const byte = BEFORE.length + family.indexOf('{', 6);
  const message = `m: histogram: byte ${byte}: the ${type} that begins here had to be repaired`;
  expect(reports).toEqual(isReported ? [message] : []);
});

const INF = Number.POSITIVE_INFINITY;
const bucket = (le: string, value: number) => [{ le }, value];
const quantile = (quantile: string, value: number) => [{ quantile }, value];

// Where a repair would be ambiguous, the series are untyped.
test.each<[what: string, family: string, reason: string, series: Record<string, unknown[]>]>([
  [
    'a negative count',
    histogram('{"count":-1,"bucket":[]}'),
    'expected a count, got -1',
    { m_bucket: [bucket('+Inf', -1)], m_count: [[{}, -1]] },
  ],
  [
    'a count that is null',
    histogram('{"count":null,"sum":2,"bucket":[[1,1]]}'),
    'expected a count, got NaN',
    {
      m_bucket: [bucket('1', 1), bucket('+Inf', Number.NaN)],
      m_sum: [[{}, 2]],
      m_count: [[{}, Number.NaN]],
    },
  ],
  [
    'observations below -Inf',
    histogram('{"count":1,"bucket":[["-Inf",1]]}'),
    'expected nothing below -Inf, got a count of 1',
    { m_bucket: [bucket('-Inf', 1), bucket('+Inf', 1)], m_count: [[{}, 1]] },
  ],
  [
    'a -Inf bucket of 0 beside a fractional count',
    histogram('{"count":1.5,"bucket":[["-Inf",0]]}'),
    'expected a count, got 1.5',
    { m_bucket: [bucket('-Inf', 0), bucket('+Inf', 1.5)], m_count: [[{}, 1.5]] },
  ],
  [
    'a bucket that is null',
    histogram('{"count":3,"bucket":[[1,null]]}'),
    'expected a count, got NaN',
    { m_bucket: [bucket('1', Number.NaN), bucket('+Inf', 3)], m_count: [[{}, 3]] },
  ],
  [
    'an infinite bucket',
    histogram('{"count":3,"bucket":[[1,"+Inf"]]}'),
    'expected a count, got Infinity',
    { m_bucket: [bucket('1', INF), bucket('+Inf', 3)], m_count: [[{}, 3]] },
  ],
  [
    'a bucket for NaN',
    histogram('{"count":3,"bucket":[["NaN",1]]}'),
    'expected a number, got le="NaN"',
    { m_bucket: [bucket('NaN', 1), bucket('+Inf', 3)], m_count: [[{}, 3]] },
  ],
  [
    'only a sum',
    histogram('{"sum":3,"bucket":[]}'),
    'expected a bucket or a count, got only a sum',
    { m_sum: [[{}, 3]] },
  ],
  [
    'a quantile above 1',
    summary('{"count":1,"quantile":[[99,1],[0.5,2]]}'),
    'expected a quantile from 0 to 1, got 99',
    { m: [quantile('99', 1), quantile('0.5', 2)], m_count: [[{}, 1]] },
  ],
  [
    'quantiles that are null and infinite',
    summary('{"count":1,"quantile":[[null,1],["+Inf",2]]}'),
    'expected a quantile from 0 to 1, got NaN',
    { m: [quantile('NaN', 1), quantile('+Inf', 2)], m_count: [[{}, 1]] },
  ],
  [
    'a summary without a count',
    summary('{"sum":2,"quantile":[[0.5,1]]}'),
    'expected a count in the summary that begins here, got none',
    { m: [quantile('0.5', 1)], m_sum: [[{}, 2]] },
  ],
  [
    'a summary with a fractional count',
    summary('{"count":1.5,"quantile":[]}'),
    'expected a count, got 1.5',
    { m_count: [[{}, 1.5]] },
  ],
])('%s makes the series untyped', async (_, family, reason, series) => {
  const { families, reports } = await readOdd(family);
  expect(inOrder(families)).toEqual(Object.entries(series).map(([name, samples]) => [name, 'untyped', samples]));
  const byte = BEFORE.length + family.indexOf('{', 6);
  expect(reports).toEqual([`m: untyped: byte ${byte}: ${reason}, so its series are served as untyped`]);
});

test('one odd summary makes the series of all in its family untyped', async () => {
  const one = '{"count":1,"quantile":[[0.5,1]]}';
  const { families, reports } = await readOdd(summary(`{"q":{"a":${one},"b":{"quantile":[[1.5,2]]},"c":${one}}}`));
  expect(inOrder(families)).toEqual([
    [
      'm',
      'untyped',
      [
        [{ q: 'a', quantile: '0.5' }, 1],
        [{ q: 'b', quantile: '1.5' }, 2],
        [{ q: 'c', quantile: '0.5' }, 1],
      ],
    ],
    [
      'm_count',
      'untyped',
      [
        [{ q: 'a' }, 1],
        [{ q: 'c' }, 1],
      ],
    ],
  ]);
  expect(reports).toHaveLength(1);
});

test('buckets that came before are reported where they cannot be merged', async () => {
  const { families, reports } = await readOdd(histogram('{"count":1.5,"bucket":[[1,1],[2,2],[1,3],[1.0,4]]}'));
  expect(families[0]?.samples.map(({ value }) => value)).toEqual([1, 2, 1.5]);
  expect(reports).toEqual([
    expect.stringContaining('expected a count, got 1.5, so'),
    'm: repeated: 2 of its series came again, and the first of each is served',
  ]);
});

describe('a family', () => {
  test.each<[what: string, marked: string, family: object | undefined, report: string]>([
    [
      'of an unknown type is untyped',
      '"m":{"type":¦"Gauge","value":1}',
      { type: 'untyped', samples: [{ labels: {}, value: 1 }] },
      'untyped: byte @: expected a metric type, got $, so the family is served as untyped',
    ],
    [
      'whose type is no string is untyped',
      '"m":{"type":¦["gauge"],"value":1}',
      { type: 'untyped', samples: [{ labels: {}, value: 1 }] },
      'untyped: byte @: expected a string, got $, so the family is served as untyped',
    ],
    [
      'without a type is untyped',
      '"m":{"value":1¦}',
      { type: 'untyped', samples: [{ labels: {}, value: 1 }] },
      'untyped: byte @: expected "type" before this, got $, so it is served as untyped',
    ],
    [
      'that is no object is dropped',
      '"m":¦[{"type":"gauge"}]',
      undefined,
      'ERR_METRICS_INVALID_SAMPLE: family "m": byte @: expected {, got $; the family was dropped',
    ],
    [
      'keeps the first type',
      '"m":{"type":"gauge","value":1,¦"type":"counter"}',
      { type: 'gauge', samples: [{ labels: {}, value: 1 }] },
      'metadata: byte @: expected "type" once, got $, so the first is kept',
    ],
    [
      'keeps the first help',
      '"m":{"help":"a",¦"help":"b","type":"gauge","value":1}',
      { help: 'a', type: 'gauge', samples: [{ labels: {}, value: 1 }] },
      'metadata: byte @: expected "help" once, got $, so the first is kept',
    ],
    [
      'loses a help that is no string',
      '"m":{"help":¦{"text":"a"},"type":"gauge","value":1}',
      { type: 'gauge', samples: [{ labels: {}, value: 1 }] },
      'metadata: byte @: expected a string, got $, so the help is left out',
    ],
    [
      'keeps the first value',
      '"m":{"type":"gauge","value":1,¦"value":{"q":{"a":2}}}',
      { type: 'gauge', samples: [{ labels: {}, value: 1 }] },
      'ERR_METRICS_INVALID_SAMPLE: family "m": byte @: expected "value" once, got $; the samples of the first are kept',
    ],
    [
      'keeps the first value, also before its type',
      '"m":{"value":1,¦"value":2,"type":"gauge"}',
      { type: 'gauge', samples: [{ labels: {}, value: 1 }] },
      'ERR_METRICS_INVALID_SAMPLE: family "m": byte @: expected "value" once, got $; the samples of the first are kept',
    ],
  ])('%s', async (_, marked, expected, report) => {
    const { family, byte, excerpt } = placed(marked);
    const { families, reports } = await readOdd(family);
    expect(families).toMatchObject(expected === undefined ? [] : [{ name: 'm', ...expected }]);
    expect(reports).toEqual([`m: ${report.replace('@', String(byte)).replace('$', () => excerpt)}`]);
  });

  test('without a value has no samples, which is not reported', async () => {
    const { families, reports } = await readOdd('"m":{"type":"gauge"}');
    expect(families).toMatchObject([{ name: 'm', type: 'gauge', samples: [] }]);
    expect(reports).toEqual([]);
  });
});

test('samples are dropped in the same way, however the bytes come', async () => {
  const odd = `${BEFORE}${gauge('{"q":{"a":1,"b":{"c":["}"]},"c":"x","d":4},"r":{}}')},${histogram('[1,{"@":{"count":1}},[]]')}${AFTER}`;
  const drops: string[] = [];
  const onDropped = (error: Error) => drops.push(error.message.replace(/, got .*;/, ';'));
  const whole = await readAll(parseKumoMtaJson(), odd, undefined, { onDropped });
  expect(drops).toHaveLength(2);
  for (let size = 1; size < 40; size++) {
    const found: string[] = [];
    const context = { onDropped: (error: Error) => found.push(error.message.replace(/, got .*;/, ';')) };
    expect(await readAll(parseKumoMtaJson(), odd, size, context)).toEqual(whole);
    expect(found).toEqual(drops);
  }
});

test('an error of the syntax behind a dropped sample refuses the document', async () => {
  const text = `${BEFORE}${gauge('{"q":{"a":"1","b":{"c":01}}}')}${AFTER}`;
  const reading = async () => {
    for await (const { samples } of parseKumoMtaJson()(singleBytes(text))) for await (const _ of samples);
  };
  await expect(reading()).rejects.toMatchObject({
    code: 'ERR_METRICS_MALFORMED_DOCUMENT',
    message: expect.stringContaining(`byte ${text.indexOf('01}')}: expected a number`),
  });
});
