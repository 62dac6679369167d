import { prometheusServerSource, type Queries } from '../../lib/sources/prometheus-server.ts';
import { collectAll } from '../support/collect.ts';
import { prometheusApi, type Reply, vector } from '../support/prometheus-api.ts';
import { closeServers } from '../support/serve.ts';

afterEach(async () => {
  jest.restoreAllMocks();
  await closeServers();
});

/** One family, named `family`, of one query: what its source gives and reports. */
async function read(query: Queries[string], reply: Reply, promql: string, metadata: Record<string, object[]> = {}) {
  const { url } = await prometheusApi({ [promql]: reply }, metadata);
  return collectAll(prometheusServerSource({ url, queries: { family: query } }));
}

const plain = (reply: Reply, metadata?: Record<string, object[]>) => read('up', reply, 'up', metadata);

describe('an instant query', () => {
  test('gives a sample for each series, without its name', async () => {
    const { families, reports } = await plain(
      vector(
        [{ __name__: 'up', job: 'api', instance: 'b' }, '1'],
        [{ __name__: 'up', job: 'api', instance: 'a' }, '0.5'],
      ),
    );
    expect(families).toEqual([
      {
        name: 'family',
        type: 'untyped',
        samples: [
          { labels: { job: 'api', instance: 'b' }, value: 1 },
          { labels: { job: 'api', instance: 'a' }, value: 0.5 },
        ],
      },
    ]);
    expect(reports).toEqual([]);
  });

  test('may give a scalar', async () => {
    const { families } = await plain({ data: { resultType: 'scalar', result: [1, '42'] } });
    expect(families[0]?.samples).toEqual([{ labels: {}, value: 42 }]);
  });

  test.each([
    ['NaN', Number.NaN],
    ['+Inf', Number.POSITIVE_INFINITY],
    ['-Inf', Number.NEGATIVE_INFINITY],
    ['-0', -0],
    ['5e-324', 5e-324],
    ['1.7976931348623157e+308', Number.MAX_VALUE],
  ])('reads the value %s', async (text, value) => {
    expect((await plain(vector([{}, text]))).families[0]?.samples).toEqual([{ labels: {}, value }]);
  });

  test('that gives one label set under several names loses all but the first, and says so', async () => {
    const { families, reports } = await plain(
      vector(
        [{ __name__: 'a', job: 'api' }, '1'],
        [{ __name__: 'b', job: 'api' }, '2'],
        [{ __name__: 'c', job: 'api' }, '3'],
        [{ __name__: 'b', job: 'db' }, '4'],
      ),
    );
    expect(families[0]?.samples).toEqual([
      { labels: { job: 'api' }, value: 1 },
      { labels: { job: 'db' }, value: 4 },
    ]);
    expect(reports).toEqual([
      'scrape: family: 2 series left out: an earlier series has the same labels, without the name',
    ]);
  });

  test.each([
    [
      'a range',
      { resultType: 'matrix', result: [] },
      /expected a query that returns an instant vector or a scalar, got the type "matrix"/,
    ],
    ['a text', { resultType: 'string', result: [1, 'up'] }, /got the type "string"/],
    ['nothing known', null, /got the type undefined/],
    ['a number that is none', vector([{}, '12 apples']).data, /expected a series, got .*12 apples/],
    ['an empty number', vector([{}, '']).data, /expected a series, got/],
    ['a bare number', { resultType: 'vector', result: [{ metric: {}, value: [1, 2] }] }, /expected a series, got/],
    ['no labels', { resultType: 'vector', result: [{ value: [1, '2'] }] }, /expected a series, got/],
    ['no value', { resultType: 'vector', result: [{ metric: {} }] }, /expected a series, got/],
    ['a series of null', { resultType: 'vector', result: [null] }, /expected a series, got null/],
  ])('is lost when the server gives %s', async (_what, data, message) => {
    await expect(plain({ data })).rejects.toMatchObject({
      code: 'ERR_METRICS_UPSTREAM_INVALID',
      message: expect.stringMatching(message),
    });
  });

  test('keeps label names as they are, even those that JavaScript knows', async () => {
    const labels = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}');
    const { families } = await plain(vector([labels, '1']));
    expect(Object.entries(families[0]?.samples[0]?.labels ?? {})).toEqual(Object.entries(labels));
  });

  test('gives the same label object for the same labels from scrape to scrape', async () => {
    const replies = { up: vector([{ a: '1' }, '1'], [{ a: '2' }, '2']) };
    const { url } = await prometheusApi(replies);
    const source = prometheusServerSource({ url, queries: { up: 'up' } });
    const labelsOf = async () => (await collectAll(source)).families[0]?.samples.map(({ labels }) => labels) ?? [];
    const [one, two] = await labelsOf();
    replies.up = vector([{ a: '2' }, '5'], [{ a: '3' }, '6'], [{ a: '1' }, '7']);
    const [second, third, first] = await labelsOf();
    expect(first).toBe(one);
    expect(second).toBe(two);
    expect(third).toEqual({ a: '3' });
  });
});

describe('a histogram', () => {
  const query = { histogram: 'rpc_seconds' };
  const promql = '{__name__=~"rpc_seconds_bucket|rpc_seconds_sum|rpc_seconds_count"}';
  type Series = [Record<string, string>, string];
  const bucket = (le: string, value: string, labels = {}): Series => [
    { __name__: 'rpc_seconds_bucket', ...labels, le },
    value,
  ];
  const sum = (value: string, labels = {}): Series => [{ __name__: 'rpc_seconds_sum', ...labels }, value];
  const count = (value: string, labels = {}): Series => [{ __name__: 'rpc_seconds_count', ...labels }, value];
  const assemble = (...series: Series[]) => read(query, vector(...series), promql);

  test('is put together from its parts, in whatever order they come', async () => {
    const [a, b] = [{ route: 'a' }, { route: 'b' }];
    const { families, reports } = await assemble(
      bucket('+Inf', '3', a),
      bucket('10', '2', a),
      bucket('0.5', '1', a),
      bucket('0.5', '0', b),
      bucket('10', '0', b),
      bucket('+Inf', '0', b),
      count('3', a),
      count('0', b),
      sum('20.5', a),
      sum('0', b),
    );
    expect(families).toEqual([
      {
        name: 'family',
        type: 'histogram',
        samples: [
          { labels: a, value: { count: 3, sum: 20.5, bounds: [0.5, 10], cumulativeCounts: [1, 2] } },
          { labels: b, value: { count: 0, sum: 0, bounds: [0.5, 10], cumulativeCounts: [0, 0] } },
        ],
      },
    ]);
    const [first, second] = families[0]?.samples.map(({ value }) => (value as { bounds: unknown }).bounds) ?? [];
    expect(first).toBe(second);
    expect(reports).toEqual([]);
  });

  test.each([
    ['as stored', { histogram: 'h' }, '{__name__=~"h_bucket|h_sum|h_count"}'],
    ['selected', { histogram: 'h{job="a",x=~"}"}' }, '{__name__=~"h_bucket|h_sum|h_count",job="a",x=~"}"}'],
    ['with empty braces', { histogram: ' h { } ' }, '{__name__=~"h_bucket|h_sum|h_count"}'],
    ['in all', { histogram: 'h', by: [] }, 'sum by (__name__, le) ({__name__=~"h_bucket|h_sum|h_count"})'],
    [
      'by labels',
      { histogram: 'h{job="a"}', by: ['x', 'y'] },
      'sum by (__name__, le, x, y) ({__name__=~"h_bucket|h_sum|h_count",job="a"})',
    ],
  ])('is asked for in one query, so that its parts are of one moment: %s', async (_how, query, promql) => {
    const parts = vector([{ __name__: 'h_bucket', le: '+Inf' }, '1']);
    expect((await read(query, parts, promql)).families[0]?.samples).toEqual([
      { labels: {}, value: { count: 1, bounds: [], cumulativeCounts: [] } },
    ]);
  });

  test('adds up buckets of one bound that instances spell differently', async () => {
    const { families } = await assemble(bucket('1', '2'), bucket('1.0', '3'), bucket('+Inf', '6'));
    expect(families[0]?.samples[0]?.value).toEqual({ count: 6, bounds: [1], cumulativeCounts: [5] });
  });

  test.each([
    ['without a bucket of +Inf', [bucket('1', '2'), count('2')], 'expected a +Inf bucket'],
    ['without any bucket', [count('2'), sum('3')], 'expected a +Inf bucket'],
    [
      'of rates',
      [bucket('1', '0.25'), bucket('+Inf', '0.5')],
      'expected an integer count; the result of rate() has none',
    ],
    [
      'that counts less than nothing',
      [bucket('+Inf', '-1')],
      'expected an integer count; the result of rate() has none',
    ],
    [
      'whose buckets shrink',
      [bucket('1', '2'), bucket('2', '1'), bucket('+Inf', '3')],
      'expected cumulative buckets; instances must not differ in their bounds',
    ],
    [
      'whose buckets are unknown',
      [bucket('1', 'NaN'), bucket('+Inf', '3')],
      'expected cumulative buckets; instances must not differ in their bounds',
    ],
    [
      'with a bucket above its count',
      [bucket('1', '4'), bucket('+Inf', '3')],
      'expected buckets that count at most as much as the histogram',
    ],
  ])('%s is left out, and another one is not', async (_what, faulty, reason) => {
    const other = { route: 'other' };
    const { families, reports } = await assemble(...faulty, bucket('+Inf', '1', other));
    expect(families[0]?.samples.map(({ labels }) => labels)).toEqual([other]);
    expect(reports).toEqual([`scrape: family: 1 series left out: ${reason}`]);
  });

  test('takes the bucket of +Inf for its count when the two differ, and says so', async () => {
    const { families, reports } = await assemble(bucket('+Inf', '3'), count('4'));
    expect(families[0]?.samples[0]?.value).toMatchObject({ count: 3 });
    expect(reports).toEqual([
      'scrape: family: 1 series with a _count that differs from the +Inf bucket: the bucket is used',
    ]);
  });

  test('says which series are no part of it', async () => {
    const { families, reports } = await assemble(
      bucket('wide', '3'),
      [{ __name__: 'rpc_seconds_bucket' }, '1'],
      bucket('+Inf', '3'),
    );
    expect(families[0]?.samples).toHaveLength(1);
    expect(reports).toEqual(['scrape: family: 2 series left out: not a part of this metric']);
  });
});

describe('a summary', () => {
  const promql = '{__name__=~"rpc|rpc_sum|rpc_count",job="api"}';
  const assemble = (...series: [Record<string, string>, string][]) =>
    read({ summary: 'rpc{job="api"}' }, vector(...series), promql);

  test('is put together from its quantiles, sum and count', async () => {
    const { families, reports } = await assemble(
      [{ __name__: 'rpc', quantile: '0.99' }, '0.6'],
      [{ __name__: 'rpc', quantile: '0.5' }, 'NaN'],
      [{ __name__: 'rpc_sum' }, '0.9'],
      [{ __name__: 'rpc_count' }, '3'],
    );
    expect(families).toEqual([
      {
        name: 'family',
        type: 'summary',
        samples: [{ labels: {}, value: { count: 3, sum: 0.9, quantiles: [0.5, 0.99], values: [Number.NaN, 0.6] } }],
      },
    ]);
    expect(reports).toEqual([]);
  });

  test('without a count is left out', async () => {
    const { families, reports } = await assemble([{ __name__: 'rpc', quantile: '0.5' }, '1']);
    expect(families[0]?.samples).toEqual([]);
    expect(reports).toEqual(['scrape: family: 1 series left out: expected a _count that is an integer']);
  });
});

describe('a native histogram', () => {
  const [openLeft, openRight, closed] = [0, 1, 3];

  test.each([
    ['of nothing', { count: '0', sum: '0' }, { count: 0, sum: 0, bounds: [], cumulativeCounts: [] }],
    [
      'with neighbouring buckets',
      {
        count: '6',
        sum: '9.5',
        buckets: [
          [openLeft, '0.5', '1', '2'],
          [openLeft, '1', '2', '4'],
        ],
      },
      { count: 6, sum: 9.5, bounds: [0.5, 1, 2], cumulativeCounts: [0, 2, 6] },
    ],
    [
      'with a gap, a zero bucket and negative ones',
      {
        count: '10',
        sum: '-1',
        buckets: [
          [openRight, '-2', '-1', '3'],
          [closed, '-0.001', '0.001', '2'],
          [openLeft, '4', '8', '5'],
        ],
      },
      { count: 10, sum: -1, bounds: [-2, -1, -0.001, 0.001, 4, 8], cumulativeCounts: [0, 3, 3, 5, 5, 10] },
    ],
    [
      'with buckets to both infinities, and observations of NaN',
      {
        count: '7',
        sum: 'NaN',
        buckets: [
          [closed, '-Inf', '0', '1'],
          [openLeft, '0', '+Inf', '5'],
        ],
      },
      { count: 7, sum: Number.NaN, bounds: [0], cumulativeCounts: [1] },
    ],
  ])('%s gets explicit bounds', async (_what, histogram, value) => {
    const { families, reports } = await plain(vector([{ a: 'b' }, histogram]));
    expect(families).toEqual([{ name: 'family', type: 'histogram', samples: [{ labels: { a: 'b' }, value }] }]);
    expect(reports).toEqual([]);
  });

  test.each([
    [
      'of rates',
      { count: '0.5', sum: '1' },
      /1 series left out: expected an integer count; the result of rate\(\) has none/,
    ],
    ['beside a plain number', '3', /1 series left out: expected a native histogram, got a number/],
  ])('%s: what cannot be given is left out', async (_what, other, report) => {
    const { families, reports } = await plain(vector([{ a: 'b' }, { count: '1', sum: '1' }], [{ a: 'c' }, other]));
    expect(families[0]?.samples.map(({ labels }) => labels)).toEqual([{ a: 'b' }]);
    expect(reports).toEqual([expect.stringMatching(report)]);
  });

  test('is no number', async () => {
    const { families, reports } = await read(
      { query: 'up', type: 'gauge' },
      vector([{}, { count: '1', sum: '1' }]),
      'up',
    );
    expect(families).toEqual([{ name: 'family', type: 'gauge', samples: [] }]);
    expect(reports).toEqual([
      'scrape: family: 1 series left out: expected a number for the type gauge, got a native histogram',
    ]);
  });

  test.each([
    ['a count that is none', { count: 'many', sum: '1' }],
    ['buckets that are none', { count: '1', sum: '1', buckets: [7] }],
    ['boundaries that are none', { count: '1', sum: '1', buckets: [[0, '1']] }],
  ])('with %s is not taken for one', async (_what, histogram) => {
    await expect(plain(vector([{}, histogram]))).rejects.toMatchObject({ code: 'ERR_METRICS_UPSTREAM_INVALID' });
  });
});
