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
])('a sample has so many %s, and no more: %d', async (_what, limit, parse, document, message) => {
  const [family] = await readAll(parse(), document(limit));
  expect(family?.samples).toHaveLength(1);
  await expect(readAll(parse(), document(limit + 1))).rejects.toMatchObject({
    code: 'ERR_METRICS_MALFORMED_DOCUMENT',
    message: expect.stringMatching(message),
  });
});

test.each<[what: string, limit: number, document: (count: number) => string, message: string]>([
  [
    'labels, the value among them',
    MAX_LABELS,
    (n) => `{"m":{"type":"gauge","value":[{${list(n - 1, (i) => `"l${i}":"a"`)},"@":1}]}}`,
    'expected at most 1000 members in a sample',
  ],
  [
    'members of a histogram',
    MAX_LABELS,
    (n) => `{"h":{"type":"histogram","value":{"count":1,"bucket":[],${list(n - 2, (i) => `"x${i}":0`)}}}}`,
    'expected at most 1000 members in a value',
  ],
  [
    'tokens of an unknown member',
    MAX_LABELS,
    (n) =>
      `{"h":{"type":"histogram","value":{"count":0,"x":[${list(n === MAX_LABELS ? 400 : 600, () => '0')}],"bucket":[]}}}`,
    'expected at most 1000 tokens in an unknown member',
  ],
])('a sample in JSON with more %s than %d is dropped', async (_what, limit, document, message) => {
  const atLimit = await readWithReports(parseKumoMtaJson(), document(limit));
  expect(atLimit).toMatchObject({ families: [{ samples: [{}] }], drops: [] });
  const { families, drops } = await readWithReports(parseKumoMtaJson(), document(limit + 1));
  expect(families).toMatchObject([{ samples: [] }]);
  expect(drops).toEqual([expect.stringContaining(message)]);
});

const pairs = (count: number) => list(count, (i) => `[${i / count},${i}]`);

test.each<[what: string, parse: () => Parse, document: (count: number) => string]>([
  [
    'buckets',
    parsePrometheusText,
    (n) => `# TYPE h histogram\n${list(n, (i) => `h_bucket{le="${i}"} ${i}\n`, '')}h_count ${n}\n`,
  ],
  [
    'quantiles',
    parsePrometheusText,
    (n) => `# TYPE h summary\n${list(n, (i) => `h{quantile="${i / n}"} ${i}\n`, '')}h_count ${n}\n`,
  ],
  [
    'buckets',
    parseKumoMtaJson,
    (n) => `{"h":{"type":"histogram","value":{"count":${n},"bucket":[${pairs(n)},[null,${n}]]}}}`,
  ],
  ['quantiles', parseKumoMtaJson, (n) => `{"h":{"type":"summary","value":{"count":${n},"quantile":[${pairs(n)}]}}}`],
])('series of a sample with more %s than 4000 are separate families', async (what, parse, document) => {
  expect(await readAll(parse(), document(MAX_BUCKETS))).toMatchObject([{ samples: [{}] }]);
  const { families, repairs } = await readWithReports(parse(), document(MAX_BUCKETS + 1));
  const inf = parse === parseKumoMtaJson && what === 'buckets' ? 1 : 0;
  expect(families.map(({ samples }) => samples.length)).toEqual([MAX_BUCKETS + 1 + inf, 1]);
  expect(repairs).toMatchObject([{ message: expect.stringContaining(`expected at most 4000 ${what}, got more`) }]);
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
