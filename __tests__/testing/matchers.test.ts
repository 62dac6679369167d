import { stripVTControlCharacters } from 'node:util';
import { expect as importedExpect } from '@jest/globals';
import type { MetricMatchers, MetricsDocument } from '../../lib/testing.ts';
import '../../lib/testing/jest.ts';

const document: MetricsDocument = {
  up: { type: 'gauge', samples: [{ labels: {}, value: 1 }] },
  queue_depth: {
    type: 'gauge',
    samples: [
      { labels: { queue: 'a', zone: '1' }, value: 3 },
      { labels: { queue: 'b', zone: '1' }, value: 0.1 + 0.2 },
    ],
  },
  latency_seconds: {
    type: 'histogram',
    samples: [{ labels: {}, value: { count: 3, sum: 0.9, bounds: [1], cumulativeCounts: [3] } }],
  },
};

type Arguments = Parameters<MetricMatchers<void>['toHaveMetric']>;

test.each<Arguments>([
  ['up'],
  ['queue_depth'],
  ['queue_depth', { zone: 1 }],
  ['queue_depth', { queue: 'a' }, 3],
  ['queue_depth', { queue: 'a' }, expect.any(Number)],
  ['queue_depth', { queue: 'b' }, expect.closeTo(0.3)],
  ['latency_seconds', {}, { count: 3 }],
  ['latency_seconds', undefined, { count: expect.any(Number), bounds: [1] }],
])('the document has %s %p %p', (...wanted) => {
  expect(document).toHaveMetric(...wanted);
  expect(() => expect(document).not.toHaveMetric(...wanted)).toThrow('expected no metric');
});

test.each<Arguments>([
  ['down'],
  ['queue_depth', { queue: 'c' }],
  ['queue_depth', { host: 'a' }],
  ['queue_depth', { queue: 'a' }, 4],
  ['queue_depth', { queue: 'a' }, expect.any(String)],
  ['latency_seconds', {}, { count: 4 }],
  ['latency_seconds', {}, 3],
])('the document has no %s %p %p', (...wanted) => {
  expect(document).not.toHaveMetric(...wanted);
  expect(() => expect(document).toHaveMetric(...wanted)).toThrow('expected the metric');
});

test.each<[what: string, () => void, message: string]>([
  [
    'another value',
    () => expect(document).toHaveMetric('queue_depth', { queue: 'a' }, 4),
    'expected the metric\n  queue_depth{queue="a"} 4\nreceived\n  queue_depth{queue="a",zone="1"} 3',
  ],
  [
    'the nearest series',
    () => expect(document).toHaveMetric('queue_depth', { queue: 'b', zone: '2' }, 4),
    'expected the metric\n  queue_depth{queue="b",zone="2"} 4\n' +
      'there is no series queue_depth{queue="b",zone="2"}; nearest are\n' +
      '  queue_depth{queue="b",zone="1"} 0.30000000000000004\n  queue_depth{queue="a",zone="1"} 3',
  ],
  [
    'the nearest name',
    () => expect(document).toHaveMetric('queue_dept', {}, expect.any(Number)),
    'expected the metric\n  queue_dept Any<Number>\nthere is no family "queue_dept"; did you mean "queue_depth"?',
  ],
  [
    'the metric that was not expected',
    () => expect(document).not.toHaveMetric('queue_depth', { zone: '1' }),
    'expected no metric\n  queue_depth{zone="1"}\nreceived\n  queue_depth{queue="a",zone="1"} 3\n' +
      '  queue_depth{queue="b",zone="1"} 0.30000000000000004',
  ],
])('a failure shows %s', (_what, fail, message) => {
  let shown = '';
  try {
    fail();
  } catch (error) {
    shown = stripVTControlCharacters((error as Error).message);
  }
  expect(shown).toBe(message);
});

test.each([
  ['a value', () => expect(document).toHaveMetric('queue_depth', { zone: '1' }, 3)],
  ['no such value', () => expect(document).not.toHaveMetric('queue_depth', { zone: '1' }, 5)],
])('%s cannot be compared when several series have the labels', (_what, ask) => {
  expect(ask).toThrow(/^2 series have the labels of queue_depth\{zone="1"\}; add one that tells them apart/);
});

test.each<[unknown, RegExp]>([
  [
    Promise.resolve(document),
    /^toHaveMetric: received: expected a document, got \[Promise\]; write await scrapeMetrics/,
  ],
  [undefined, /expected a document, got undefined; write await scrapeMetrics\(app\)$/],
  ['{}', /expected a document, got "\{\}"/],
  [{ up: { type: 'gauge', value: 1 } }, /expected a document, got \[Object\]/],
])('%p is not a document', (received, message) => {
  expect(() => expect(received).toHaveMetric('up')).toThrow(message);
  expect(() => expect(received).not.toHaveMetric('up')).toThrow(message);
});

test('the matcher works with resolves', async () => {
  await expect(Promise.resolve(document)).resolves.toHaveMetric('up', {}, 1);
  await expect(Promise.resolve(document)).resolves.not.toHaveMetric('down');
});

test('the matcher is typed for both the global expect and that of @jest/globals', () => {
  importedExpect(document).toHaveMetric('up', {}, 1);
  // @ts-expect-error: labels are an object
  void (() => expect(document).toHaveMetric('up', 1));
  // @ts-expect-error: a metric has a name
  void (() => importedExpect(document).toHaveMetric());
});
