import { parseAnswer } from '../../lib/sources/prometheus-server/parse.ts';
import { prometheusServerSource } from '../../lib/sources/prometheus-server.ts';
import * as turns from '../../lib/util/event-loop.ts';
import { collectAll } from '../support/collect.ts';
import { prometheusApi, send, vector } from '../support/prometheus-api.ts';
import { closeServers } from '../support/serve.ts';

jest.mock('../../lib/util/event-loop.ts', () => {
  const actual = jest.requireActual('../../lib/util/event-loop.ts');
  return { ...actual, yieldToEventLoop: jest.fn(actual.yieldToEventLoop) };
});
afterEach(closeServers);

const KIB = 1024;
const PIECE = 64 * KIB;
const SERIES = '{"metric":{"a":"b"},"value":[1,"1"]}';
const answer = (data: string, more = '') => `{"status":"success","data":${data}${more}}`;
const vectorOf = (result: string) => `{"resultType":"vector","result":[${result}]}`;
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

const TEXTS: readonly [what: string, text: string][] = [
  ['many series', answer(vectorOf(Array(20_000).fill(SERIES).join()))],
  ['many warnings', answer(vectorOf(SERIES), `,"warnings":[${'"",'.repeat(300_000)}""]`)],
  ['many infos', answer(vectorOf(SERIES), `,"infos":[${'"a",'.repeat(200_000)}""]`)],
  ['a member that is not used', answer(vectorOf(SERIES), `,"x":[${'{"y":[1]},'.repeat(60_000)}{}]`)],
];

test.each(TEXTS)('within an answer with %s the event loop is offered a turn every 64 KiB', async (_what, text) => {
  const yieldToEventLoop = jest.mocked(turns.yieldToEventLoop).mockClear();
  await parseAnswer([Buffer.from(text)]);
  expect(text.length).toBeGreaterThan(8 * PIECE);
  expect(yieldToEventLoop.mock.calls.length).toBeGreaterThanOrEqual(Math.floor(text.length / PIECE));
});

test.each(TEXTS)('of an answer with %s, JSON.parse gets a bounded part at a time', async (_what, text) => {
  const parse = jest.spyOn(JSON, 'parse');
  await parseAnswer([Buffer.from(text)]);
  const lengths = parse.mock.calls.map(([part]) => part.length);
  parse.mockRestore();
  expect(Math.max(...lengths)).toBeLessThanOrEqual(64 * (SERIES.length + 1) + 1);
});

test('100 warnings are reported, and the others are counted', async () => {
  const warnings = Array.from({ length: 5000 }, (_, i) => `store ${i} is away`);
  const { url } = await prometheusApi({ '*': { ...vector([{}, '1']), warnings, infos: warnings } });
  const { families, reports } = await collectAll(
    prometheusServerSource({ url, queries: { up: { query: 'up', type: 'gauge', help: 'up' } } }),
  );
  expect(families).toHaveLength(1);
  expect(reports).toHaveLength(102);
  expect(reports[99]).toBe('scrape: up: the server warns: store 99 is away');
  expect(reports[100]).toBe('scrape: up: the server warns: and 4900 more');
  expect(reports[101]).toMatch(/^scrape: up: the server notes: store 0 is away; .*store 99 is away; and 4900 more$/);
});

const INVALID = /^expected an answer of the Prometheus API; check the option url$/;

test.each<[what: string, text: string, code: string, message: RegExp]>([
  [
    'a series',
    answer(vectorOf(`{"metric":{"a":"${'x'.repeat(300 * KIB)}"},"value":[1,"1"]}`)),
    'ERR_METRICS_UPSTREAM_TOO_LARGE',
    /: a series has more than 262144 bytes$/,
  ],
  [
    'data that is no object',
    answer(`[${'1,'.repeat(200 * KIB)}1]`),
    'ERR_METRICS_UPSTREAM_TOO_LARGE',
    /: a value in "data" has more than 262144 bytes$/,
  ],
  [
    'a status',
    `{"status":"${'x'.repeat(300 * KIB)}"}`,
    'ERR_METRICS_UPSTREAM_TOO_LARGE',
    /: a value in "status" has more than 262144 bytes$/,
  ],
  [
    'the number of its members',
    answer(`{${Array.from({ length: 1001 }, (_, i) => `"m${i}":1`)}}`),
    'ERR_METRICS_UPSTREAM_TOO_LARGE',
    /: "data" has more than 1000 members$/,
  ],
  [
    'a warning',
    answer(vectorOf(SERIES), `,"warnings":["${'x'.repeat(2048 * KIB)}"]`),
    'ERR_METRICS_UPSTREAM_INVALID',
    INVALID,
  ],
  ['the depth of data', answer(nested(101)), 'ERR_METRICS_UPSTREAM_INVALID', INVALID],
  [
    'the depth of a series',
    answer(vectorOf(`{"metric":{},"value":${nested(100)}}`)),
    'ERR_METRICS_UPSTREAM_INVALID',
    INVALID,
  ],
  [
    'the depth of a member that is not used',
    answer(vectorOf(SERIES), `,"x":${nested(500_000)}`),
    'ERR_METRICS_UPSTREAM_INVALID',
    INVALID,
  ],
])('an answer fails that is too large in %s', async (_what, text, code, message) => {
  const { url } = await prometheusApi({ bad: (res) => send(res, 200, text), good: vector([{}, '1']) });
  const told: unknown[] = [];
  const queries = {
    good: { query: 'good', type: 'gauge', help: '' },
    bad: { query: 'bad', type: 'gauge', help: '' },
  } as const;
  const { families } = await collectAll(prometheusServerSource({ url, queries }), {
    report: (error, name) => told.push([name, error]),
  });
  expect(families.map(({ name }) => name)).toEqual(['good']);
  expect(told).toEqual([['bad', expect.objectContaining({ code, message: expect.stringMatching(message) })]]);
});

test('an answer that is none says why, as the cause', async () => {
  const { url } = await prometheusApi({ '*': (res) => send(res, 200, '<h1>Welcome</h1>') });
  const source = prometheusServerSource({ url, queries: { up: { query: 'up', type: 'gauge', help: '' } } });
  await expect(collectAll(source)).rejects.toMatchObject({
    cause: {
      message: expect.stringMatching(INVALID),
      cause: { message: 'byte 0: expected {, got "<h1>Welcome</h1>"' },
    },
  });
});
