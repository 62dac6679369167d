import express from 'express';
import { Counter, Registry } from 'prom-client';
import { type MetricFamily, metricsRouter, type Sample } from '../../lib/index.ts';
import { promClientSource } from '../../lib/sources/prom-client.ts';
import { checkedSource, memorySource, metricValue, scrapeMetrics } from '../../lib/testing.ts';
import { collectAll } from '../support/collect.ts';
import { family } from '../support/encode.ts';
import { WAYS } from '../support/samples.ts';

const histogram = { count: 3, sum: 2, bounds: [1, 2], cumulativeCounts: [1, 3] };
const summary = { count: 3, sum: 2, quantiles: [0.5, 0.9], values: [1, 2] };

const good: MetricFamily[] = [
  family({
    name: 'gauges',
    help: 'h',
    unit: 'bytes',
    labelNames: ['q'],
    samples: [
      { labels: { q: 'a' }, value: -1 },
      { labels: { q: 'b' }, value: Number.NaN },
    ],
  }),
  family({
    name: 'counters',
    type: 'counter',
    samples: [{ labels: {}, value: 2, exemplar: { labels: { trace: 'x' }, value: 1, timestamp: 1 } }],
  }),
  family({ name: 'untyped', type: 'untyped', samples: [] }),
  family({
    name: 'histograms',
    type: 'histogram',
    samples: [{ labels: { quantile: 'x' }, value: { ...histogram, exemplars: [undefined, undefined, undefined] } }],
  }),
  family({
    name: 'summaries',
    type: 'summary',
    samples: [
      { labels: {}, value: summary },
      { labels: { le: '1' }, value: { ...summary, sum: undefined } },
    ],
  }),
];

test.each(WAYS)('a source that keeps its promises gives what it gives, with samples as %s', async (_way, give) => {
  const source = {
    collect: () =>
      good.map((it) => ({ ...it, samples: give((it.samples as Sample[]).map((sample) => ({ ...sample }))) })),
  };
  const checked = checkedSource(source);
  for (let scrapes = 0; scrapes < 3; scrapes++) expect(await collectAll(checked)).toEqual(await collectAll(source));
});

test('labels that are numbers are as good as their texts: those of prom-client often are', async () => {
  const registry = new Registry();
  const requests = new Counter({ name: 'requests_total', help: 'h', labelNames: ['status'], registers: [registry] });
  const app = express().use(metricsRouter({ source: checkedSource(promClientSource(registry)) }));
  for (let total = 1; total <= 2; total++) {
    requests.inc({ status: 200 });
    expect(metricValue(await scrapeMetrics(app), 'requests_total', { status: 200 })).toBe(total);
  }
});

const brokenBy = async (...families: unknown[]) => {
  const error = await collectAll(checkedSource({ collect: () => families as MetricFamily[] })).catch((error) => error);
  expect(error).toMatchObject({ name: 'MetricsError', code: 'ERR_METRICS_CONTRACT_VIOLATION' });
  return error.message;
};

const shared = { labels: { q: 'a' }, value: 1 };

describe('it is said which promise is broken by', () => {
  test.each<[what: string, members: Parameters<typeof family>[0], message: string]>([
    ['no name', { name: '' }, 'family : its name is to be a text, and not empty'],
    [
      'an unknown type',
      { type: 'gage' },
      'family m: its type is "gage"; write one of counter, gauge, histogram, summary, untyped',
    ],
    ['help that is no text', { help: 1 }, 'family m: its help is to be a text'],
    ['a unit that is no text', { unit: 1 }, 'family m: its unit is to be a text'],
    [
      'labelNames that are none',
      { labelNames: ['a', 'a'] },
      'family m: its labelNames are to be a list of different texts',
    ],
    ['samples that are no list', { samples: {} }, 'family m: its samples are to be an array or another iterable'],
  ])('a family with %s', async (_what, members, message) => {
    expect(await brokenBy(family(members))).toBe(`checkedSource: ${message}`);
  });

  test.each<[what: string, members: Parameters<typeof family>[0], message: RegExp]>([
    [
      'a label set that comes twice',
      {
        samples: [
          { labels: { a: 'x', b: 'y' }, value: 1 },
          { labels: { b: 'y', a: 'x' }, value: 2 },
        ],
      },
      /^m\{b="y",a="x"\}: no label set comes twice$/,
    ],
    [
      'a label set that comes twice, once with a number and once with its text',
      {
        samples: [
          { labels: { code: 200 }, value: 1 },
          { labels: { code: '200' }, value: 2 },
        ],
      },
      /^m\{code="200"\}: no label set comes twice$/,
    ],
    ['no labels', { samples: [{ value: 1 }] }, /^m: its labels are to be an object, \{\} without any$/],
    ['no sample', { samples: [undefined] }, /^m: a sample is to be an object$/],
    [
      'a label that is no text',
      { samples: [{ labels: { code: null }, value: 1 }] },
      /^m\{code=null\}: label "code" is null; write a string$/,
    ],
    [
      'a label that JSON needs',
      { samples: [{ labels: { '@': 'x' }, value: 1 }] },
      /label "@" is one that formats need/,
    ],
    [
      'a label that histograms need',
      { type: 'histogram', samples: [{ labels: { le: '1' }, value: histogram }] },
      /label "le" is one that formats need/,
    ],
    [
      'a label that summaries need',
      { type: 'summary', samples: [{ labels: { quantile: '1' }, value: summary }] },
      /label "quantile" is one/,
    ],
    [
      'an undeclared label',
      { labelNames: ['a'], samples: [{ labels: { a: 'x', b: 'y' }, value: 1 }] },
      /label "b" is to be one of its family's labelNames/,
    ],
    [
      'the only label missing',
      { labelNames: ['a'], samples: [{ labels: {}, value: 1 }] },
      /^m: it is to have the one label, "a"$/,
    ],
    ['a value that is no number', { samples: [{ labels: {}, value: '1' }] }, /^m: its value is "1"; write a number$/],
    [
      'a negative counter',
      { type: 'counter', samples: [{ labels: {}, value: -1 }] },
      /a counter is not negative, and it is -1/,
    ],
    [
      'a number as a histogram',
      { type: 'histogram', samples: [{ labels: {}, value: 1 }] },
      /its value is 1; write \{ count, sum, bounds/,
    ],
    [
      'bounds that do not ascend',
      { type: 'histogram', samples: [{ labels: {}, value: { ...histogram, bounds: [2, 2] } }] },
      /bounds are to ascend, and are 2, 2/,
    ],
    [
      'counts that are not cumulative',
      { type: 'histogram', samples: [{ labels: {}, value: { ...histogram, cumulativeCounts: [2, 1] } }] },
      /never fall, .*: 2, 1, 3$/,
    ],
    [
      'a count below its last bucket',
      { type: 'histogram', samples: [{ labels: {}, value: { ...histogram, count: 2 } }] },
      /count is not below the last: 1, 3, 2$/,
    ],
    [
      'too few exemplars',
      { type: 'histogram', samples: [{ labels: {}, value: { ...histogram, exemplars: [undefined] } }] },
      /one exemplar more than bounds/,
    ],
    [
      'a quantile above 1',
      { type: 'summary', samples: [{ labels: {}, value: { ...summary, quantiles: [0.5, 99] } }] },
      /quantiles go from 0 to 1, each once, and are 0.5, 99/,
    ],
    [
      "a gauge's exemplar",
      { samples: [{ labels: {}, value: 1, exemplar: { labels: {}, value: 1 } }] },
      /an exemplar of its own is for counters/,
    ],
    [
      'an exemplar without a value',
      { type: 'counter', samples: [{ labels: {}, value: 1, exemplar: { labels: {} } }] },
      /an exemplar's value is to be a number/,
    ],
    ['a sample that comes twice', { samples: [shared, shared] }, /each sample is to be an object of its own/],
  ])('%s', async (_what, members, message) => {
    const text = await brokenBy(family(members));
    expect(text).toMatch(/^checkedSource: m/);
    expect(text.slice('checkedSource: '.length)).toMatch(message);
  });

  test('a family that comes twice, and one that is none', async () => {
    expect(await brokenBy(family({}), family({}))).toBe('checkedSource: family m: a family comes once in a scrape');
    expect(await brokenBy(undefined)).toBe('checkedSource: family undefined: a family is to be an object');
  });

  test('one label object for all samples', async () => {
    function* samples() {
      const labels = { q: '' };
      for (labels.q of ['a', 'b']) yield { labels, value: 1 };
    }
    expect(await brokenBy(family({ samples: samples() }))).toBe(
      'checkedSource: m{q="b"}: a label object is not changed once it was given: {"q":"a"}',
    );
  });
});

const falls = [
  ['counter', 5, 4],
  ['histogram', histogram, { ...histogram, count: 2, cumulativeCounts: [1, 2] }],
  ['summary', summary, { ...summary, count: 2 }],
] as const;

test.each(falls)('what a %s has counted does not fall from scrape to scrape', async (type, before, after) => {
  const source = memorySource();
  const checked = checkedSource(source);
  const set = (value: Sample['value']) => source.set('m', { type, samples: [{ labels: { q: 'a' }, value }] });
  set(before);
  await collectAll(checked);
  set(after);
  await expect(collectAll(checked)).rejects.toThrow(/^checkedSource: m\{q="a"\}: what is counted does not fall/);
});

test('gauges fall, and a series that was gone begins anew', async () => {
  const source = memorySource();
  const checked = checkedSource(source);
  for (const [depth, series] of [
    [5, [{ labels: {}, value: 9 }]],
    [4, []],
    [3, [{ labels: {}, value: 1 }]],
  ] as const) {
    source.gauge('depth', depth);
    source.set('counted', { type: 'counter', samples: series });
    await collectAll(checked);
  }
});

test('a scrape that leaves the family out fails all the same', async () => {
  const errors: unknown[] = [];
  const source = checkedSource({
    collect: () => [family({ samples: [{ labels: {}, value: '1' }] }), family({ name: 'up' })],
  });
  const app = express().use(metricsRouter({ source, onError: ({ error }) => errors.push(error) }));
  await expect(scrapeMetrics(app)).rejects.toThrow(/answered 500/);
  expect(errors).toContainEqual(expect.objectContaining({ code: 'ERR_METRICS_CONTRACT_VIOLATION' }));
});

test('families that were not asked for are no breach', async () => {
  const app = express().use(metricsRouter({ source: checkedSource({ collect: () => good }) }));
  expect(Object.keys(await scrapeMetrics(app, { names: ['gauges'] }))).toEqual(['gauges']);
});

test('what is no source is refused', () => {
  expect(() => checkedSource({} as never)).toThrow(/^checkedSource: source: expected a source: .+, got \{\}; write/);
});
