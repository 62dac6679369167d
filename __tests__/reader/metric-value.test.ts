import {
  type HistogramValue,
  type MetricsDocument,
  metricDelta,
  metricValue,
  type ScrapedFamily,
} from '../../lib/reader.ts';

const histogram = { count: 3, sum: 0.9, bounds: [0.1, 1], cumulativeCounts: [1, 2] };
const summary = { count: 2, sum: 5, quantiles: [0.5], values: [2] };

/** Creates a family. Keys are the labels of its series, as `method=GET,status=200`. */
function family(type: string, series: Record<string, unknown>): ScrapedFamily {
  const labelsOf = (text: string) =>
    Object.fromEntries(text.split(',').flatMap((pair) => (pair ? [pair.split('=')] : [])));
  const samples = Object.entries(series).map(([labels, value]) => ({ labels: labelsOf(labels), value }));
  return { type, samples } as ScrapedFamily;
}

const document: MetricsDocument = {
  up: family('gauge', { '': 1 }),
  queue_depth: family('gauge', { 'queue=a': 3, 'queue=b': Number.NaN }),
  http_requests_total: family('counter', {
    'method=GET,status=200': 5,
    'method=GET,status=500': 1,
    'method=POST,status=200': 2,
  }),
  jobs: family('gauge', { '': 7, 'kind=x': 1, 'kind=x,zone=z': 2 }),
  latency_seconds: family('histogram', { 'route=/a': histogram }),
  size_bytes: family('summary', { '': summary }),
  nothing: family('counter', {}),
};

describe('metricValue', () => {
  test.each<[name: string, labels: Parameters<typeof metricValue>[2], value: unknown]>([
    ['up', undefined, 1],
    ['up', {}, 1],
    ['queue_depth', { queue: 'b' }, Number.NaN],
    ['http_requests_total', { method: 'POST' }, 2],
    ['http_requests_total', { status: 500 }, 1],
    ['http_requests_total', { status: '200', method: 'GET' }, 5],
    ['jobs', {}, 7],
    ['jobs', { kind: 'x' }, 1],
    ['jobs', { zone: 'z' }, 2],
    ['latency_seconds', {}, histogram],
    ['size_bytes', undefined, summary],
  ])('%s with %p has a value', (name, labels, value) => {
    expect(metricValue(document, name, labels)).toEqual(value);
  });

  test('the value has the type that the caller names', () => {
    const depth: number = metricValue(document, 'queue_depth', { queue: 'a' });
    expect(depth + metricValue<HistogramValue>(document, 'latency_seconds').count).toBe(6);
  });

  test.each<[name: string, labels: Parameters<typeof metricValue>[2], code: string, message: string]>([
    ['queue_deph', {}, 'ERR_METRICS_METRIC_NOT_FOUND', 'there is no family "queue_deph"; did you mean "queue_depth"?'],
    [
      'http_requests',
      {},
      'ERR_METRICS_METRIC_NOT_FOUND',
      'there is no family "http_requests"; did you mean "http_requests_total"?',
    ],
    [
      'temperature_celsius',
      {},
      'ERR_METRICS_METRIC_NOT_FOUND',
      'there is no family "temperature_celsius"; there are\n  up\n  queue_depth\n  http_requests_total\n  jobs\n  latency_seconds\n  size_bytes\n  nothing',
    ],
    ['toString', {}, 'ERR_METRICS_METRIC_NOT_FOUND', expect.stringContaining('there is no family "toString"') as never],
    [
      'nothing',
      { a: 'b' },
      'ERR_METRICS_METRIC_NOT_FOUND',
      'there is no series nothing{a="b"}: the family has no series',
    ],
    [
      'http_requests_total',
      { method: 'POST', status: 500 },
      'ERR_METRICS_METRIC_NOT_FOUND',
      'there is no series http_requests_total{method="POST",status="500"}; nearest are\n' +
        '  http_requests_total{method="POST",status="200"} 2\n' +
        '  http_requests_total{method="GET",status="500"} 1\n' +
        '  http_requests_total{method="GET",status="200"} 5',
    ],
    [
      'http_requests_total',
      { method: 'get', statu: 200, zone: 'z' },
      'ERR_METRICS_METRIC_NOT_FOUND',
      'there is no series http_requests_total{method="get",statu="200",zone="z"}' +
        '; none has the label "statu" (did you mean "status"?); none has the label "zone" (there are "method", "status")' +
        '; nearest are\n' +
        '  http_requests_total{method="GET",status="200"} 5\n' +
        '  http_requests_total{method="GET",status="500"} 1\n' +
        '  http_requests_total{method="POST",status="200"} 2',
    ],
    [
      'latency_seconds_count',
      {},
      'ERR_METRICS_METRIC_NOT_FOUND',
      'there is no family "latency_seconds_count": it is part of the histogram "latency_seconds"; read count of its value',
    ],
    [
      'size_bytes_sum',
      {},
      'ERR_METRICS_METRIC_NOT_FOUND',
      'there is no family "size_bytes_sum": it is part of the summary "size_bytes"; read sum of its value',
    ],
    [
      'size_bytes_bucket',
      {},
      'ERR_METRICS_METRIC_NOT_FOUND',
      'there is no family "size_bytes_bucket"; did you mean "size_bytes"?',
    ],
    [
      'size_bytes',
      { quantile: '0.5' },
      'ERR_METRICS_METRIC_NOT_FOUND',
      'there is no series size_bytes{quantile="0.5"}; none has the label "quantile" (read quantiles and values of its value)' +
        '; nearest are\n  size_bytes count 2, sum 5 (quantile 0.5: 2)',
    ],
    [
      'latency_seconds',
      { route: '/b' },
      'ERR_METRICS_METRIC_NOT_FOUND',
      'there is no series latency_seconds{route="/b"}; nearest are\n' +
        '  latency_seconds{route="/a"} count 3, sum 0.9 (le 0.1: 1, le 1: 2)',
    ],
    [
      'http_requests_total',
      { method: 'GET' },
      'ERR_METRICS_METRIC_AMBIGUOUS',
      '2 series have the labels of http_requests_total{method="GET"}; add one that tells them apart:\n' +
        '  http_requests_total{method="GET",status="200"} 5\n' +
        '  http_requests_total{method="GET",status="500"} 1',
    ],
    [
      'queue_depth',
      undefined,
      'ERR_METRICS_METRIC_AMBIGUOUS',
      expect.stringContaining('\n  queue_depth{queue="b"} NaN') as never,
    ],
  ])('the error for %s with %p lists candidates', (name, labels, code, message) => {
    let error: unknown;
    try {
      metricValue(document, name, labels);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ name: 'MetricsError', code, message });
  });

  test.each<[unknown, unknown, string]>([
    [undefined, undefined, 'name: expected the name of a family, got undefined; write "queue_depth"'],
    [5, undefined, 'name: expected the name of a family, got 5; write "queue_depth"'],
    ['up', null, 'labels: expected an object of labels, got null; write { queue: "a" }'],
    ['up', 'a', 'labels: expected an object of labels, got "a"; write { queue: "a" }'],
    [
      'queue_depth',
      { queue: undefined },
      'labels.queue: expected a string or a number, got undefined; write one, or leave the label out',
    ],
  ])('the name %p with the labels %p is a TypeError', (name, labels, message) => {
    const [anyName, anyLabels] = [name as string, labels as undefined];
    expect(() => metricValue(document, anyName, anyLabels)).toThrow(new TypeError(`metricValue: ${message}`));
    expect(() => metricDelta(document, document, anyName, anyLabels)).toThrow(new TypeError(`metricDelta: ${message}`));
  });

  test('a short name is not suggested for every name that contains it', () => {
    const short = { s: family('gauge', { '': 1 }), jobs_total: family('counter', { '': 1 }) };
    expect(() => metricValue(short, 'jobs')).toThrow(/; did you mean "jobs_total"\?$/);
  });

  test('the error for an empty document says that it is empty', () => {
    expect(() => metricValue({}, 'up')).toThrow('there is no family "up": the document is empty');
  });

  test('the error shows only the first of many series', () => {
    const many = family('gauge', Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`id=${i}`, i])));
    expect(() => metricValue({ many }, 'many')).toThrow(/id="4"} 4\n {2}… and 95 more$/);
  });
});

describe('metricDelta', () => {
  const delta = (
    type: string,
    before: Record<string, unknown> | undefined,
    after: Record<string, unknown>,
    labels = {},
  ) => metricDelta(before === undefined ? {} : { m: family(type, before) }, { m: family(type, after) }, 'm', labels);

  test.each<[what: string, change: unknown, expected: unknown]>([
    ['a counter', delta('counter', { '': 2 }, { '': 5 }), 3],
    ['a counter that did not change', delta('counter', { '': 2 }, { '': 2 }), 0],
    ['a series that was missing before', delta('counter', { 'q=a': 2 }, { 'q=a': 2, 'q=b': 1 }, { q: 'b' }), 1],
    ['a family that was missing before', delta('counter', undefined, { '': 5 }), 5],
    ['the series with the same labels', delta('counter', { 'q=a': 4 }, { 'q=a,z=1': 3 }, { q: 'a' }), 3],
    ['a gauge that decreased', delta('gauge', { '': 5 }, { '': 3 }), -2],
    [
      'a histogram',
      delta('histogram', { '': histogram }, { '': { ...histogram, count: 7, sum: 1.4, cumulativeCounts: [1, 5] } }),
      { count: 4, sum: expect.closeTo(0.5), bounds: [0.1, 1], cumulativeCounts: [0, 3] },
    ],
    ['a histogram that was missing before', delta('histogram', undefined, { '': histogram }), histogram],
    [
      'a summary',
      delta('summary', { '': summary }, { '': { ...summary, count: 5, sum: 9 } }),
      { count: 3, sum: 4, quantiles: [], values: [] },
    ],
    [
      'a summary that was missing before',
      delta('summary', undefined, { '': summary }),
      { ...summary, quantiles: [], values: [] },
    ],
  ])('the delta is computed for %s', (_what, change, expected) => {
    expect(change).toEqual(expected);
  });

  test.each<[what: string, () => unknown]>([
    ['a counter decreased', () => delta('counter', { '': 5 }, { '': 3 })],
    ["a histogram's count decreased", () => delta('histogram', { '': histogram }, { '': { ...histogram, count: 2 } })],
    [
      "a bucket's count decreased",
      () => delta('histogram', { '': histogram }, { '': { ...histogram, cumulativeCounts: [0, 2] } }),
    ],
    [
      'a histogram has other bounds',
      () => delta('histogram', { '': histogram }, { '': { ...histogram, bounds: [0.1, 2] } }),
    ],
    ["a summary's count decreased", () => delta('summary', { '': summary }, { '': { ...summary, count: 1 } })],
    ['the type changed', () => delta('summary', { '': summary }, { '': 5 })],
  ])('an error is thrown when %s', (_what, change) => {
    expect(change).toThrow(expect.objectContaining({ code: 'ERR_METRICS_METRIC_RESET' }));
  });

  test('the error of a reset shows both values', () => {
    expect(() => delta('counter', { 'q=a': 5 }, { 'q=a': 3 })).toThrow('from\n  m{q="a"} 5\nto\n  m{q="a"} 3');
  });

  test('a series that is missing from the later document is not found', () => {
    expect(() => delta('counter', { 'q=a': 5 }, {})).toThrow(
      expect.objectContaining({ code: 'ERR_METRICS_METRIC_NOT_FOUND' }),
    );
  });
});
