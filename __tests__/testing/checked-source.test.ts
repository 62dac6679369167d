import express from 'express';
import { Counter, Registry } from 'prom-client';
import { type MetricFamily, metricsRouter, type Sample } from '../../lib/index.ts';
import { promClientSource } from '../../lib/sources/prom-client.ts';
import { checkedSource, memorySource, metricValue, scrapeMetrics } from '../../lib/testing.ts';
import { collectAll } from '../support/collect.ts';
import { family } from '../support/encode.ts';
import { SAMPLE_CONTAINERS } from '../support/samples.ts';

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

test.each(SAMPLE_CONTAINERS)(
  'a source that keeps the contract is passed through unchanged, with samples as %s',
  async (_way, give) => {
    const source = {
      collect: () =>
        good.map((it) => ({ ...it, samples: give((it.samples as Sample[]).map((sample) => ({ ...sample }))) })),
    };
    const checked = checkedSource(source);
    for (let scrapes = 0; scrapes < 3; scrapes++) expect(await collectAll(checked)).toEqual(await collectAll(source));
  },
);

test('labels may be numbers, as those of prom-client often are', async () => {
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

describe('the error names what is wrong with', () => {
  test.each<[what: string, members: Parameters<typeof family>[0], message: string]>([
    ['no name', { name: '' }, 'family : name: expected a non-empty string, got ""'],
    [
      'an unknown type',
      { type: 'gage' },
      'family m: its type is "gage"; write one of counter, gauge, histogram, summary, untyped',
    ],
    ['help that is not a string', { help: 1 }, 'family m: help: expected a string, got 1'],
    ['a unit that is not a string', { unit: 1 }, 'family m: unit: expected a string, got 1'],
    [
      'labelNames that are not unique',
      { labelNames: ['a', 'a'] },
      'family m: labelNames: expected different strings, got ["a","a"]',
    ],
    [
      'samples that are not iterable',
      { samples: {} },
      'family m: samples: expected an array or another iterable, got {}',
    ],
  ])('a family with %s', async (_what, members, message) => {
    expect(await brokenBy(family(members))).toBe(`checkedSource: ${message}`);
  });

  test.each<[what: string, members: Parameters<typeof family>[0], message: RegExp]>([
    [
      'a label set that occurs twice',
      {
        samples: [
          { labels: { a: 'x', b: 'y' }, value: 1 },
          { labels: { b: 'y', a: 'x' }, value: 2 },
        ],
      },
      /^m\{b="y",a="x"\}: labels: expected each label set once, got/,
    ],
    [
      'a label set that occurs twice, with a number and with its string',
      {
        samples: [
          { labels: { code: 200 }, value: 1 },
          { labels: { code: '200' }, value: 2 },
        ],
      },
      /^m\{code="200"\}: labels: expected each label set once, got/,
    ],
    ['no labels', { samples: [{ value: 1 }] }, /^m: labels: expected an object, \{\} without labels, got undefined$/],
    ['no sample', { samples: [undefined] }, /^m: sample: expected an object, got undefined$/],
    [
      'a label that is not a string',
      { samples: [{ labels: { code: null }, value: 1 }] },
      /^m\{code=null\}: label "code" is null; write a string$/,
    ],
    [
      'a label that JSON reserves',
      { samples: [{ labels: { '@': 'x' }, value: 1 }] },
      /labels: expected a name that no format reserves, got "@"$/,
    ],
    [
      'a label that histograms reserve',
      { type: 'histogram', samples: [{ labels: { le: '1' }, value: histogram }] },
      /labels: expected a name that no format reserves, got "le"$/,
    ],
    [
      'a label that summaries reserve',
      { type: 'summary', samples: [{ labels: { quantile: '1' }, value: summary }] },
      /no format reserves, got "quantile"$/,
    ],
    [
      'an undeclared label',
      { labelNames: ['a'], samples: [{ labels: { a: 'x', b: 'y' }, value: 1 }] },
      /labels: expected no other names than labelNames, a, got \{"a":"x","b":"y"\}$/,
    ],
    [
      'the only label missing',
      { labelNames: ['a'], samples: [{ labels: {}, value: 1 }] },
      /^m: labels: expected the family's only label, a, got \{\}$/,
    ],
    [
      'a value that is not a number',
      { samples: [{ labels: {}, value: '1' }] },
      /^m: its value is "1"; write a number$/,
    ],
    [
      'a negative counter',
      { type: 'counter', samples: [{ labels: {}, value: -1 }] },
      /value: expected at least 0, as for every counter, got -1$/,
    ],
    [
      'a number as a histogram',
      { type: 'histogram', samples: [{ labels: {}, value: 1 }] },
      /its value is 1; write \{ count, sum, bounds/,
    ],
    [
      'bounds that do not ascend',
      { type: 'histogram', samples: [{ labels: {}, value: { ...histogram, bounds: [2, 2] } }] },
      /bounds: expected ascending numbers, got \[2,2\]$/,
    ],
    [
      'counts that are not cumulative',
      { type: 'histogram', samples: [{ labels: {}, value: { ...histogram, cumulativeCounts: [2, 1] } }] },
      /expected integers that never decrease, got \[2,1,3\]$/,
    ],
    [
      'a count below its last bucket',
      { type: 'histogram', samples: [{ labels: {}, value: { ...histogram, count: 2 } }] },
      /expected integers that never decrease, got \[1,3,2\]$/,
    ],
    [
      'too few exemplars',
      { type: 'histogram', samples: [{ labels: {}, value: { ...histogram, exemplars: [undefined] } }] },
      /exemplars: expected 3 exemplars, one more than bounds, got \[null\]$/,
    ],
    [
      'a quantile above 1',
      { type: 'summary', samples: [{ labels: {}, value: { ...summary, quantiles: [0.5, 99] } }] },
      /quantiles: expected different numbers from 0 to 1, got \[0.5,99\]$/,
    ],
    [
      "a gauge's exemplar",
      { samples: [{ labels: {}, value: 1, exemplar: { labels: {}, value: 1 } }] },
      /exemplar: expected none, as only counters have one, got/,
    ],
    [
      'an exemplar without a value',
      { type: 'counter', samples: [{ labels: {}, value: 1, exemplar: { labels: {} } }] },
      /exemplar\.value: expected a number, got undefined$/,
    ],
    ['a sample object that occurs twice', { samples: [shared, shared] }, /expected a separate object for each sample/],
  ])('%s', async (_what, members, message) => {
    const text = await brokenBy(family(members));
    expect(text).toMatch(/^checkedSource: m/);
    expect(text.slice('checkedSource: '.length)).toMatch(message);
  });

  test('a family that occurs twice, and a family that is not an object', async () => {
    expect(await brokenBy(family({}), family({}))).toBe(
      'checkedSource: family m: name: expected each family once, got "m"',
    );
    expect(await brokenBy(undefined)).toBe(
      'checkedSource: family undefined: family: expected an object, got undefined',
    );
  });

  test('a label object that changes between samples', async () => {
    function* samples() {
      const labels = { q: '' };
      for (labels.q of ['a', 'b']) yield { labels, value: 1 };
    }
    expect(await brokenBy(family({ samples: samples() }))).toBe(
      'checkedSource: m{q="b"}: labels: expected an unchanged label object, {"q":"a"}, got {"q":"b"}',
    );
  });
});

const decreases = [
  ['counter', 5, 4],
  ['histogram', histogram, { ...histogram, count: 2, cumulativeCounts: [1, 2] }],
  ['summary', summary, { ...summary, count: 2 }],
] as const;

test.each(decreases)('a %s that decreases from one scrape to the next is an error', async (type, before, after) => {
  const source = memorySource();
  const checked = checkedSource(source);
  const set = (value: Sample['value']) => source.set('m', { type, samples: [{ labels: { q: 'a' }, value }] });
  set(before);
  await collectAll(checked);
  set(after);
  await expect(collectAll(checked)).rejects.toThrow(
    /^checkedSource: m\{q="a"\}: value: expected at least \d, as in the previous scrape, got \d$/,
  );
});

test('gauges may decrease, and a series that was absent may start again', async () => {
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

test('a scrape fails even if the reader drops the family', async () => {
  const errors: unknown[] = [];
  const source = checkedSource({
    collect: () => [family({ samples: [{ labels: {}, value: '1' }] }), family({ name: 'up' })],
  });
  const app = express().use(metricsRouter({ source, onError: ({ error }) => errors.push(error) }));
  await expect(scrapeMetrics(app)).rejects.toThrow(/got 500/);
  expect(errors).toContainEqual(expect.objectContaining({ code: 'ERR_METRICS_CONTRACT_VIOLATION' }));
});

test('families that were not requested are allowed', async () => {
  const app = express().use(metricsRouter({ source: checkedSource({ collect: () => good }) }));
  expect(Object.keys(await scrapeMetrics(app, { names: ['gauges'] }))).toEqual(['gauges']);
});

test('a value that is not a source is refused', () => {
  expect(() => checkedSource({} as never)).toThrow(/^checkedSource: source: expected a source: .+, got \{\}; write/);
});
