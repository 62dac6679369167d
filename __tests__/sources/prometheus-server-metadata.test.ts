import { prometheusServerSource, type Queries } from '../../lib/sources/prometheus-server.ts';
import { collectAll } from '../support/collect.ts';
import { prometheusApi, send, vector } from '../support/prometheus-api.ts';
import { closeServers } from '../support/serve.ts';

afterEach(async () => {
  jest.restoreAllMocks();
  await closeServers();
});

const counter = { type: 'counter', help: 'requests', unit: '' };
const gauge = { type: 'gauge', help: 'waiting', unit: 'messages' };

const METADATA = {
  sent_total: [counter],
  depth: [gauge],
  time_seconds: [{ type: 'histogram', help: 'time', unit: 'seconds' }],
  rpc_seconds: [{ type: 'summary', help: 'calls', unit: '' }],
  build: [{ type: 'info', help: '', unit: '' }],
  odd: [{ type: 'unknown', help: 'odd', unit: '' }],
  disputed: [counter, gauge],
  // As a scrape in OpenMetrics names it.
  jobs: [counter],
};

const known = { type: 'gauge', help: 'waiting', unit: 'messages' };

test.each<[query: Queries[string], described: object]>([
  ['depth', known],
  ['depth{job="api",x!~"a{2}\\"\'"}', known],
  [' sum by (queue) (depth) ', known],
  ['sum(depth{job="api"}) by (queue)', known],
  ['max without(instance)(depth)', known],
  ['MIN(depth)', known],
  ['sent_total', { type: 'counter', help: 'requests' }],
  ['sum(jobs_total)', { type: 'counter', help: 'requests' }],
  ['sum(time_seconds_count)', { type: 'counter', help: 'time', unit: 'seconds' }],
  ['rpc_seconds_sum', { type: 'counter', help: 'calls' }],
  ['rpc_seconds', { type: 'untyped', help: 'calls' }],
  ['depth_sum', { type: 'untyped' }],
  ['build', { type: 'gauge' }],
  ['odd', { type: 'untyped', help: 'odd' }],
  ['disputed', { type: 'untyped', help: 'requests' }],
  ['not_known', { type: 'untyped' }],
  ['rate(sent_total[5m])', { type: 'gauge' }],
  ['sum(rate(sent_total[5m]))', { type: 'gauge' }],
  ['sum(sent_total) + sum(sent_total)', { type: 'gauge' }],
  ['count(sent_total)', { type: 'gauge' }],
  ['depth > 5', { type: 'gauge' }],
  ['time()', { type: 'gauge' }],
  [
    { query: 'depth', type: 'counter' },
    { ...known, type: 'counter' },
  ],
  [
    { query: 'depth', help: 'mine' },
    { ...known, help: 'mine' },
  ],
  [
    { query: 'depth', help: '', unit: '' },
    { type: 'gauge', help: '', unit: '' },
  ],
  [
    { query: 'depth', type: 'untyped', help: 'mine' },
    { type: 'untyped', help: 'mine' },
  ],
  [
    { query: 'depth / 2', type: 'untyped', unit: 'pairs' },
    { type: 'untyped', unit: 'pairs' },
  ],
  [{ histogram: 'time_seconds' }, { type: 'histogram', help: 'time', unit: 'seconds' }],
  [
    { histogram: 'time_seconds', help: 'mine', unit: 's' },
    { type: 'histogram', help: 'mine', unit: 's' },
  ],
  [{ summary: 'rpc_seconds' }, { type: 'summary', help: 'calls' }],
])('%j: the family is described as the one metric is that it gives, or as it says itself', async (query, described) => {
  const { url } = await prometheusApi({ '*': vector([{ __name__: 'x' }, '1']) }, METADATA);
  const { families } = await collectAll(prometheusServerSource({ url, queries: { family: query } }));
  expect(families).toEqual([{ name: 'family', ...described, samples: expect.anything() }]);
});

test('a native histogram without series is a histogram all the same', async () => {
  const { url } = await prometheusApi({ '*': vector() }, METADATA);
  const { families } = await collectAll(prometheusServerSource({ url, queries: { family: 'time_seconds' } }));
  expect(families).toEqual([{ name: 'family', type: 'histogram', help: 'time', unit: 'seconds', samples: [] }]);
});

test('metadata is asked for only where something is missing', async () => {
  const { url, metadataAsked } = await prometheusApi({ '*': vector([{}, '1']) }, METADATA);
  const queries = {
    a: 'rate(sent_total[5m])',
    b: { query: 'depth', type: 'gauge', help: 'mine' },
    c: { histogram: 'time_seconds', help: 'mine' },
    d: 'depth',
  } as const;
  await collectAll(prometheusServerSource({ url, queries }));
  expect(metadataAsked()).toEqual(['depth']);
});

describe('metadata is remembered', () => {
  let later = 0;
  beforeEach(() => {
    later = 0;
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + later);
  });

  const describe = async (source: ReturnType<typeof prometheusServerSource>) => {
    const { families, reports } = await collectAll(source);
    return { help: families[0]?.help, type: families[0]?.type, reports };
  };

  test('for five minutes, and where there was none for one', async () => {
    const metadata: Record<string, object[]> = { depth: [gauge] };
    const { url, metadataAsked } = await prometheusApi({ '*': vector([{}, '1']) }, metadata);
    const source = prometheusServerSource({ url, queries: { a: 'depth', b: 'new' } });
    await collectAll(source);
    expect(metadataAsked()).toEqual(['depth', 'new']);

    metadata.new = [counter];
    metadata.depth = [{ ...gauge, help: 'changed' }];
    later = 59_000;
    await collectAll(source);
    expect(metadataAsked()).toHaveLength(2);

    later = 61_000;
    const { families } = await collectAll(source);
    expect(metadataAsked()).toEqual(['depth', 'new', 'new']);
    expect(families.map(({ type, help }) => [type, help])).toEqual([
      ['gauge', 'waiting'],
      ['counter', 'requests'],
    ]);

    later = 301_000;
    expect(await describe(source)).toMatchObject({ help: 'changed' });
  });

  test('when it cannot be had, which costs no family, and is told once while it lasts', async () => {
    let isDown = true;
    const { url } = await prometheusApi({ '*': vector([{}, '1']) }, (res) =>
      isDown ? send(res, 404, 'page not found') : send(res, 200, { status: 'success', data: { depth: [gauge] } }),
    );
    const source = prometheusServerSource({ url, queries: { a: 'depth', b: 'depth' } });
    const untyped = { type: 'untyped', help: undefined };
    expect(await describe(source)).toEqual({ ...untyped, reports: ['scrape: the server answered 404 Not Found'] });
    later += 61_000;
    expect(await describe(source)).toEqual({ ...untyped, reports: [] });

    isDown = false;
    later += 61_000;
    expect(await describe(source)).toEqual({ type: 'gauge', help: 'waiting', reports: [] });

    isDown = true;
    later += 301_000;
    expect(await describe(source)).toEqual({
      type: 'gauge',
      help: 'waiting',
      reports: ['scrape: the server answered 404 Not Found'],
    });
  });
});

test('metadata that does not come keeps no query waiting, and costs no family', async () => {
  const { url } = await prometheusApi({ '*': vector([{}, '1']) }, () => undefined);
  const queries = { a: 'a', b: 'b', c: 'c' };
  const source = prometheusServerSource({ url, queries, maxConcurrent: 1, timeout: 1500 });
  const { families, reports } = await collectAll(source);
  expect(families.map(({ name, type, samples }) => [name, type, samples.length])).toEqual([
    ['a', 'untyped', 1],
    ['b', 'untyped', 1],
    ['c', 'untyped', 1],
  ]);
  expect(reports).toEqual(['scrape: no answer of the server within 1500 ms; see the option timeout']);
});
