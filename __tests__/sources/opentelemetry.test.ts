import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  type AggregationOption,
  AggregationTemporality,
  AggregationType,
  DataPointType,
  InstrumentType,
} from '@opentelemetry/sdk-metrics';
import type { MetricFamily, Sample } from '../../lib/index.ts';
import { type OpenTelemetrySourceOptions, openTelemetrySource } from '../../lib/sources/opentelemetry.ts';
import { collectAll, scrape } from '../support/collect.ts';
import { encode } from '../support/encode.ts';
import { openMetrics } from '../support/encoders.ts';
import { EXPONENTIAL, producer, type Telemetry, telemetry } from '../support/open-telemetry.ts';
import { parseText } from '../support/parse-text.ts';

/** Name → samples, as `[labels, value]`. */
async function samplesOf({ collect }: Pick<Telemetry, 'collect'>) {
  const { families } = await collect();
  return Object.fromEntries(
    families.map(({ name, samples }) => [name, samples.map(({ labels, value }) => [labels, value])]),
  );
}

describe('an instrument', () => {
  const { meter, source } = telemetry({}, { views: [{ ...EXPONENTIAL, instrumentName: 'spread' }] });
  meter.createCounter('requests', { description: 'answered', unit: '{request}' }).add(3, { method: 'GET' });
  meter.createUpDownCounter('connections').add(-2);
  meter.createGauge('temperature', { unit: 'Cel' }).record(-3.5);
  const latency = meter.createHistogram('latency', { unit: 's', advice: { explicitBucketBoundaries: [1, 0.5, 1] } });
  for (const value of [0.5, 0.75, 1, 2]) latency.record(value);
  const spread = meter.createHistogram('spread');
  for (const value of [0, 1, 2]) spread.record(value);
  meter.createObservableCounter('ticks').addCallback((result) => result.observe(7));
  meter.createObservableUpDownCounter('waiting').addCallback((result) => result.observe(-7));
  meter.createObservableGauge('usage', { unit: '1' }).addCallback((result) => result.observe(0.5, { cpu: 0 }));

  test.each([
    [
      'counter',
      { name: 'requests_total', type: 'counter', help: 'answered', samples: [{ labels: { method: 'GET' }, value: 3 }] },
    ],
    ['up-down counter', { name: 'connections', type: 'gauge', samples: [{ labels: {}, value: -2 }] }],
    ['gauge', { name: 'temperature_celsius', type: 'gauge', unit: 'celsius', samples: [{ labels: {}, value: -3.5 }] }],
    [
      'histogram',
      {
        name: 'latency_seconds',
        type: 'histogram',
        unit: 'seconds',
        samples: [{ labels: {}, value: { count: 4, sum: 4.25, bounds: [0.5, 1], cumulativeCounts: [1, 3] } }],
      },
    ],
    [
      'exponential histogram',
      {
        name: 'spread',
        type: 'histogram',
        samples: [
          {
            labels: {},
            value: {
              count: 3,
              sum: 3,
              bounds: [0, 2 ** -0.25, 1, 2 ** 0.25, 2 ** 0.5, 2 ** 0.75, 2],
              cumulativeCounts: [1, 1, 2, 2, 2, 2, 3],
            },
          },
        ],
      },
    ],
    ['observable counter', { name: 'ticks_total', type: 'counter', samples: [{ labels: {}, value: 7 }] }],
    ['observable up-down counter', { name: 'waiting', type: 'gauge', samples: [{ labels: {}, value: -7 }] }],
    [
      'observable gauge',
      { name: 'usage_ratio', type: 'gauge', unit: 'ratio', samples: [{ labels: { cpu: '0' }, value: 0.5 }] },
    ],
  ])('that is a %s is the same scrape after scrape', async (_, family) => {
    for (let scrapes = 0; scrapes < 3; scrapes++) {
      const { families, reports } = await collectAll(source, { wants: (name) => name === family.name });
      expect(families).toEqual([family]);
      expect(reports).toEqual([]);
    }
  });

  test('is not converted when it is not wanted', async () => {
    const asked: string[] = [];
    const { families } = await collectAll(source, { wants: (name) => asked.push(name) < 0 });
    expect(families).toEqual([]);
    expect(asked).toContain('requests_total');
  });

  test('has its unit in OpenMetrics', async () => {
    const { text, losses } = await encode(openMetrics(), (await collectAll(source)).families);
    expect(losses).toEqual([]);
    const read = parseText(text, 'openmetrics').map(({ name, type, unit }) => [name, unit ? [type, unit] : [type]]);
    expect(Object.fromEntries(read)).toEqual({
      requests: ['counter'],
      connections: ['gauge'],
      temperature_celsius: ['gauge', 'celsius'],
      latency_seconds: ['histogram', 'seconds'],
      spread: ['histogram'],
      ticks: ['counter'],
      waiting: ['gauge'],
      usage_ratio: ['gauge', 'ratio'],
    });
  });
});

test('counts go on from scrape to scrape', async () => {
  const own = telemetry({}, { views: [{ ...EXPONENTIAL, instrumentName: 'spread' }] });
  const counter = own.meter.createCounter('n');
  const histogram = own.meter.createHistogram('h', { advice: { explicitBucketBoundaries: [1] } });
  const spread = own.meter.createHistogram('spread');
  for (let scrapes = 1; scrapes < 4; scrapes++) {
    counter.add(2);
    histogram.record(1);
    spread.record(1);
    expect(await samplesOf(own)).toEqual({
      n_total: [[{}, 2 * scrapes]],
      h: [[{}, { count: scrapes, sum: scrapes, bounds: [1], cumulativeCounts: [scrapes] }]],
      spread: [[{}, expect.objectContaining({ count: scrapes, sum: scrapes })]],
    });
  }
});

test('a histogram of values that may be negative has no sum', async () => {
  const aggregation = {
    type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
    options: { boundaries: [-1, 1] },
  } satisfies AggregationOption;
  const own = telemetry({}, { views: [{ instrumentName: '*', aggregation }] });
  own.meter.createGauge('g').record(-5);
  expect(await samplesOf(own)).toEqual({ g: [[{}, { count: 1, bounds: [-1, 1], cumulativeCounts: [1, 1] }]] });
});

test('bounds that are not finite are not served', async () => {
  const buckets = { boundaries: [Number.NEGATIVE_INFINITY, 1, 2, Number.POSITIVE_INFINITY], counts: [1, 2, 3, 4, 0] };
  const made = producer([
    { dataPointType: DataPointType.HISTOGRAM, dataPoints: [{ attributes: {}, value: { count: 10, buckets } }] },
  ]);
  expect(await samplesOf(telemetry({ metricProducers: [made] }))).toEqual({
    made: [[{}, { count: 10, bounds: [1, 2], cumulativeCounts: [3, 6] }]],
  });
});

test('names that are one in Prometheus are one family', async () => {
  const own = telemetry();
  own.meter.createCounter('a.b', { description: '' }).add(1, { from: 'dot' });
  own.meter.createCounter('a_b', { description: 'first' }).add(2, { from: 'underscore' });
  own.meterOf('other').createCounter('a.b', { description: 'second' }).add(3, { from: 'other' });
  const { families, reports } = await own.collect();
  expect(families).toMatchObject([
    { name: 'a_b_total', help: 'first', samples: [{ value: 1 }, { value: 2 }, { value: 3 }] },
  ]);
  expect(reports).toEqual([]);
});

test('of metrics of one name and several types, the first is kept', async () => {
  const own = telemetry();
  own.meter.createUpDownCounter('m').add(1);
  own.meterOf('other').createHistogram('m').record(1);
  for (let scrapes = 0; scrapes < 2; scrapes++) {
    const { families, reports } = await own.collect();
    expect(families).toMatchObject([{ name: 'm', type: 'gauge', samples: [{ value: 1 }] }]);
    expect(reports).toEqual([
      'm: metric "m" of scope "other" is left out: expected the type gauge of the earlier metric "m", got histogram',
    ]);
  }
});

test('the first stays the first, whichever callback is done first', async () => {
  const own = telemetry();
  const delays = [0, 5];
  for (const [i, scope] of ['a', 'b'].entries()) {
    own
      .meterOf(scope)
      .createObservableGauge(`only.${scope}`)
      .addCallback(async (result) => {
        await new Promise((resolve) => setTimeout(resolve, delays[i]));
        result.observe(i);
      });
  }
  expect(Object.keys(await samplesOf(own))).toEqual(['only_a', 'only_b']);
  delays.reverse();
  expect(Object.keys(await samplesOf(own))).toEqual(['only_a', 'only_b']);
});

test.each([
  ['NoTranslation', { 'http.requests': [[{ 'http.route': '/', http_route: 'x' }, 1]] }],
  ['NoUTF8EscapingWithSuffixes', { 'http.requests_total': [[{ 'http.route': '/', http_route: 'x' }, 1]] }],
  ['UnderscoreEscapingWithoutSuffixes', { http_requests: [[{ http_route: '/;x' }, 1]] }],
  [undefined, { http_requests_total: [[{ http_route: '/;x' }, 1]] }],
] as const)('names are translated by the strategy %s', async (translationStrategy, expected) => {
  const own = telemetry({ translationStrategy });
  own.meter.createCounter('http.requests').add(1, { http_route: 'x', 'http.route': '/' });
  expect(await samplesOf(own)).toEqual(expected);
});

describe('the labels of a scope', () => {
  test('follow those of the sample', async () => {
    const own = telemetry({ scopeLabels: undefined });
    own.meter.createCounter('n').add(1, { a: 'b' });
    own.meterOf('lib', '1.2', { schemaUrl: 'https://example.com/1' }).createCounter('n').add(2);
    const { families } = await own.collect();
    expect(families[0]?.samples.map(({ labels }) => Object.entries(labels))).toEqual([
      [
        ['a', 'b'],
        ['otel_scope_name', 'app'],
      ],
      [
        ['otel_scope_name', 'lib'],
        ['otel_scope_version', '1.2'],
        ['otel_scope_schema_url', 'https://example.com/1'],
      ],
    ]);
  });

  test('are its attributes too, but for those that would be its name, version or schema', async () => {
    const attributes = { 'library.mascot': 'bear', name: 'x', version: 'x', 'schema.url': 'x', list: [1] };
    const made = producer([{ dataPoints: [{ attributes: {}, value: 1 }] }], { name: 'lib', attributes });
    const own = telemetry({ scopeLabels: true, metricProducers: [made] });
    expect(await samplesOf(own)).toEqual({
      made: [[{ otel_scope_name: 'lib', otel_scope_library_mascot: 'bear', otel_scope_list: '[1]' }, 1]],
    });
  });

  test('are joined with attributes that become the same label', async () => {
    const own = telemetry({ scopeLabels: true });
    own.meter.createCounter('n').add(1, { 'otel.scope.name': 'mine' });
    expect(await samplesOf(own)).toEqual({ n_total: [[{ otel_scope_name: 'mine;app' }, 1]] });
  });
});

describe('the attributes of the resource', () => {
  const resource = resourceFromAttributes({ 'service.name': 'mail', 'process.pid': 7, list: ['a'] });

  test('are the labels of target_info, which comes first', async () => {
    const own = telemetry({ targetInfo: undefined }, { resource });
    own.meter.createCounter('n').add(1);
    const { families } = await own.collect();
    expect(families.map(({ name }) => name)).toEqual(['target_info', 'n_total']);
    expect(families[0]).toEqual({
      name: 'target_info',
      type: 'gauge',
      help: 'Target metadata',
      samples: [{ labels: { service_name: 'mail', process_pid: '7', list: '["a"]' }, value: 1 }],
    });
  });

  test('are waited for', async () => {
    const pending = resourceFromAttributes({ 'host.id': Promise.resolve('h1'), a: 'b' });
    const own = telemetry({ targetInfo: true, resourceLabels: ['host.id'] }, { resource: pending });
    own.meter.createCounter('n').add(1);
    expect(await samplesOf(own)).toEqual({
      target_info: [[{ host_id: 'h1', a: 'b' }, 1]],
      n_total: [[{ host_id: 'h1' }, 1]],
    });
  });

  test.each<[string, OpenTelemetrySourceOptions]>([
    ['it is empty', { targetInfo: true }],
    ['it is not asked for', { targetInfo: false }],
  ])('make no family when %s', async (_, options) => {
    const own = telemetry(options, options.targetInfo ? {} : { resource });
    own.meter.createUpDownCounter('target.info').add(1);
    expect(await samplesOf(own)).toEqual({ target_info: [[{}, 1]] });
  });

  test('leave no room for a metric of that name', async () => {
    const own = telemetry({ targetInfo: true }, { resource });
    own.meter.createUpDownCounter('target.info').add(1);
    const { families, reports } = await own.collect();
    expect(families).toMatchObject([{ name: 'target_info', help: 'Target metadata', samples: [{ value: 1 }] }]);
    expect(reports).toEqual([
      'target_info: metric "target.info" of scope "app" is left out: expected a name other than "target_info", which is reserved for the resource',
    ]);
  });

  test('are added to each sample where they are asked for, behind all others', async () => {
    const own = telemetry(
      { scopeLabels: true, resourceLabels: ['process.pid', 'service.name', 'unknown'] },
      { resource },
    );
    own.meter.createCounter('n').add(1, { a: 'b', service_name: 'own' });
    const [[labels]] = (await samplesOf(own)).n_total as [[object]];
    expect(Object.entries(labels)).toEqual([
      ['a', 'b'],
      ['service_name', 'mail;own'],
      ['otel_scope_name', 'app'],
      ['process_pid', '7'],
    ]);
  });

  test('can be filtered out', async () => {
    const { source } = telemetry({ targetInfo: true }, { resource });
    expect((await collectAll(source, { wants: (name) => name !== 'target_info' })).families).toEqual([]);
  });
});

describe('a metric that cannot be served', () => {
  const point = { attributes: {}, value: 1 };
  test.each([
    [
      'a sum of deltas',
      { dataPointType: DataPointType.SUM, isMonotonic: true, aggregationTemporality: AggregationTemporality.DELTA },
      'made_total: metric "made" of scope "made" is left out: expected cumulative values, got deltas',
    ],
    [
      'a histogram of deltas',
      { dataPointType: DataPointType.HISTOGRAM, aggregationTemporality: AggregationTemporality.DELTA },
      'made: metric "made" of scope "made" is left out: expected cumulative values, got deltas',
    ],
    [
      'a type that does not exist yet',
      { dataPointType: 99 },
      'made: metric "made" of scope "made" is left out: expected a known type of data points, got 99',
    ],
    [
      'one without a name',
      { descriptor: { name: '' } },
      ': metric "" of scope "made" is left out: expected a name, got none',
    ],
  ])('is reported: %s', async (_, metric, report) => {
    const others = [{ descriptor: { name: 'other' }, dataPoints: [point] }];
    const own = telemetry({ metricProducers: [producer([{ dataPoints: [point], ...metric }, ...others])] });
    const { families, reports } = await own.collect();
    expect(families.map(({ name }) => name)).toEqual(['other']);
    expect(reports).toEqual([report]);
  });

  test('is not a gauge, whatever is said of its temporality', async () => {
    const made = producer([{ aggregationTemporality: AggregationTemporality.DELTA, dataPoints: [point] }]);
    expect(await samplesOf(telemetry({ metricProducers: [made] }))).toEqual({ made: [[{}, 1]] });
  });
});

test('the reader is cumulative, and takes the aggregation and the limit of series that it is given', async () => {
  const { source, ...own } = telemetry({
    aggregationSelector: (type) => ({
      type: type === InstrumentType.HISTOGRAM ? AggregationType.EXPONENTIAL_HISTOGRAM : AggregationType.DEFAULT,
    }),
    cardinalitySelector: () => 3,
  });
  for (const type of Object.values(InstrumentType)) {
    expect(source.reader.selectAggregationTemporality(type)).toBe(AggregationTemporality.CUMULATIVE);
  }
  own.meter.createHistogram('h').record(1);
  for (const i of [1, 2, 3, 4]) own.meter.createCounter('n').add(1, { i });
  expect(await samplesOf(own)).toMatchObject({
    h: [[{}, { bounds: [0, 2 ** -0.25, 1] }]],
    n_total: [
      [{ i: '1' }, 1],
      [{ i: '2' }, 1],
      [{ otel_metric_overflow: 'true' }, 2],
    ],
  });
});

test('a series has the same labels object from scrape to scrape, whatever comes beside it', async () => {
  const own = telemetry({ targetInfo: true, scopeLabels: true }, { resource: resourceFromAttributes({ a: 'b' }) });
  const counter = own.meter.createCounter('n');
  const gauge = own.meter.createObservableGauge('g');
  gauge.addCallback((result) => result.observe(1, { key: 'value' }));
  const labels = async () => (await own.collect()).families.map(({ samples }) => samples[0]?.labels);
  counter.add(1, { a: '1' });
  const first = await labels();
  counter.add(1, { a: '2' });
  counter.add(1, { a: '1' });
  const second = await labels();
  expect(first.length).toBe(3);
  second.forEach((object, i) => {
    expect(object).toBe(first[i]);
  });
});

test('a scrape that is read late gives what was held when it was asked', async () => {
  const own = telemetry({}, { views: [{ ...EXPONENTIAL, instrumentName: 'spread' }] });
  const counter = own.meter.createCounter('n');
  const histograms = ['h', 'spread'].map((name) => own.meter.createHistogram(name));
  const move = () => [counter.add(1), ...histograms.map((histogram) => histogram.record(1))];
  for (let round = 1; round < 4; round++) {
    move();
    const families = await own.source.collect(scrape());
    move();
    await own.collect();
    const read = [...(families as Iterable<MetricFamily>)].map(({ samples }) => [...(samples as Iterable<Sample>)]);
    const counts = read.flat().map(({ value }) => (typeof value === 'number' ? value : value.count));
    expect(counts).toEqual([2 * round - 1, 2 * round - 1, 2 * round - 1]);
  }
});

test('scrapes at the same time all give whole counts', async () => {
  const own = telemetry();
  let ticks = 0;
  own.meter.createObservableCounter('ticks').addCallback(async (result) => {
    await new Promise(setImmediate);
    result.observe(++ticks);
  });
  const counter = own.meter.createCounter('n');
  for (let round = 1; round < 4; round++) {
    counter.add(1);
    const collected = await Promise.all([samplesOf(own), samplesOf(own), samplesOf(own)]);
    for (const { n_total } of collected) expect(n_total).toEqual([[{}, round]]);
  }
  expect(await samplesOf(own)).toMatchObject({ ticks_total: [[{}, 10]] });
});

test('a source of a provider without instruments is empty', async () => {
  expect(await telemetry().collect()).toEqual({ families: [], reports: [] });
});

test.each<[unknown, string]>([
  [{ targetInfos: true }, 'options: expected the name of an option, got "targetInfos"; did you mean "targetInfo"?'],
  ['x', 'options: expected an object of options, got "x"; write'],
  [
    { translationStrategy: 'noTranslation' },
    'translationStrategy: expected "UnderscoreEscapingWithSuffixes" or "UnderscoreEscapingWithoutSuffixes" or',
  ],
  [{ translationStrategy: 'noTranslation' }, 'got "noTranslation"; write "NoTranslation"'],
  [{ targetInfo: 1 }, 'targetInfo: expected a boolean, got 1; write true or false'],
  [{ scopeLabels: 'no' }, 'scopeLabels: expected a boolean, got "no"; write true or false'],
  [{ resourceLabels: 'service.name' }, 'resourceLabels: expected a list of attribute keys, got "service.name"; write'],
  [{ resourceLabels: [/a/] }, 'resourceLabels[0]: expected a string, got /a/; write'],
  [{ maxScale: 21 }, 'maxScale: expected an integer from -10 to 20, got 21; write 8'],
  [{ maxScale: 1.5 }, 'maxScale: expected an integer from -10 to 20, got 1.5; write 8'],
  [{ aggregationSelector: {} }, 'aggregationSelector: expected a function, got {}; write'],
  [{ cardinalitySelector: 5 }, 'cardinalitySelector: expected a function, got 5; write'],
  [{ metricProducers: [{}, null] }, 'metricProducers[0]: expected an object with a method collect(), got {}; write'],
])('the options %p are refused', (options, message) => {
  const construct = () => openTelemetrySource(options as OpenTelemetrySourceOptions);
  expect(construct).toThrow(TypeError);
  expect(construct).toThrow(message);
});
