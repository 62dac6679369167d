import type { Parse } from '../../lib/model/parser.ts';
import { parseKumoMtaJson } from '../../lib/parsers/kumomta-json.ts';
import { parseOpenMetrics, parsePrometheusText } from '../../lib/parsers/prometheus-text.ts';
import { MAX_BUCKETS, MAX_LABELS } from '../../lib/parsers/sample-limits.ts';
import * as turns from '../../lib/util/event-loop.ts';
import { readAll, readWithReports } from '../support/parsed.ts';

jest.mock('../../lib/util/event-loop.ts', () => {
  const actual = jest.requireActual('../../lib/util/event-loop.ts');
  return { ...actual, yieldToEventLoop: jest.fn(actual.yieldToEventLoop) };
});

const list = (count: number, item: (i: number) => string, separator = ',') =>
  Array.from({ length: count }, (_, i) => item(i)).join(separator);
const textLabels = (count: number) => list(count, (i) => `l${i}="a"`);

test.each<[what: string, limit: number, parse: () => Parse, document: (count: number) => string, message: RegExp]>([
  [
    'labels of a series',
    MAX_LABELS,
    parsePrometheusText,
    (n) => `m{${textLabels(n)}} 1\n`,
    /^line 1: expected at most 1000 labels, got more/,
  ],
  [
    'labels of an exemplar',
    MAX_LABELS,
    parseOpenMetrics,
    (n) => `# TYPE m counter\nm_total 1 # {${textLabels(n)}} 1\n# EOF\n`,
    /^line 2: expected at most 1000 labels, got more/,
  ],
  [
    'labels in JSON, the value among them',
    MAX_LABELS,
    parseKumoMtaJson,
    (n) => `{"m":{"type":"gauge","value":[{${list(n - 1, (i) => `"l${i}":"a"`)},"@":1}]}}`,
    /expected at most 1000 members in a sample/,
  ],
  [
    'buckets in JSON',
    MAX_BUCKETS,
    parseKumoMtaJson,
    (n) => `{"h":{"type":"histogram","value":{"count":${n},"bucket":[${list(n, (i) => `[${i},${i}]`)}]}}}`,
    /expected at most 4000 pairs in a value/,
  ],
  [
    'members of a histogram in JSON',
    MAX_LABELS,
    parseKumoMtaJson,
    (n) => `{"h":{"type":"histogram","value":{"count":1,"bucket":[],${list(n - 2, (i) => `"x${i}":0`)}}}}`,
    /expected at most 1000 members in a value/,
  ],
])('a sample has so many %s, and no more: %d', async (_what, limit, parse, document, message) => {
  const [family] = await readAll(parse(), document(limit));
  expect(family?.samples).toHaveLength(1);
  await expect(readAll(parse(), document(limit + 1))).rejects.toMatchObject({
    code: 'ERR_METRICS_MALFORMED_DOCUMENT',
    message: expect.stringMatching(message),
  });
});

test.each<[what: string, document: (count: number) => string]>([
  ['buckets', (n) => `# TYPE h histogram\n${list(n, (i) => `h_bucket{le="${i}"} ${i}\n`, '')}h_count ${n}\n`],
  ['quantiles', (n) => `# TYPE h summary\n${list(n, (i) => `h{quantile="${i / n}"} ${i}\n`, '')}h_count ${n}\n`],
])('series of a sample with more %s than 4000 are separate families', async (what, document) => {
  expect(await readAll(parsePrometheusText(), document(MAX_BUCKETS))).toHaveLength(1);
  const { families, repairs } = await readWithReports(parsePrometheusText(), document(MAX_BUCKETS + 1));
  expect(families.map(({ samples }) => samples.length)).toEqual([MAX_BUCKETS + 1, 1]);
  expect(repairs).toMatchObject([{ message: expect.stringContaining(`expected at most 4000 ${what}, got more`) }]);
});

test('a member of a histogram that is not known may hold little', async () => {
  const document = (count: number) =>
    `{"h":{"type":"histogram","value":{"count":0,"x":[${list(count, () => '0')}],"bucket":[]}}}`;
  expect(await readAll(parseKumoMtaJson(), document(400))).toHaveLength(1);
  await expect(readAll(parseKumoMtaJson(), document(4000))).rejects.toMatchObject({
    message: expect.stringMatching(/expected at most 1000 tokens in an unknown member/),
  });
});

test.each<[what: string, parse: () => Parse, document: string]>([
  [
    'a value before its type',
    parseKumoMtaJson,
    `{"m":{"value":[${list(30_000, (i) => `{"a":"${i}","@":1}`)}],"type":"gauge"}}`,
  ],
  [
    'a member that nobody knows',
    parseKumoMtaJson,
    `{"m":{"x":[${list(300_000, () => '1')}],"type":"gauge","value":1}}`,
  ],
  ['lines', parsePrometheusText, list(100_000, () => 'm 1\n', '')],
  ['empty lines', parsePrometheusText, '\n'.repeat(600_000)],
])('within %s the event loop is offered a turn every 64 KiB', async (_what, parse, document) => {
  const yields = jest.mocked(turns.yieldToEventLoop).mockClear();
  await readAll(parse(), document, document.length);
  expect(document.length).toBeGreaterThan(5 * 2 ** 16);
  expect(yields.mock.calls.length).toBeGreaterThanOrEqual(Math.floor(document.length / 2 ** 16));
});
