import { resourceFromAttributes } from '@opentelemetry/resources';
import type { MetricsRouterOptions } from '../../lib/index.ts';
import { openTelemetrySource } from '../../lib/sources/opentelemetry.ts';
import { serve } from '../support/clients.ts';
import { producer, telemetry } from '../support/open-telemetry.ts';

const PATHS = ['/metrics', '/metrics.json'];

/** The statuses of both formats, and what `onError` was told: `family: message`, and a cause. */
async function scraped(options: MetricsRouterOptions) {
  const { get, failures } = await serve(options);
  const answers = await Promise.all(PATHS.map((path) => get(path)));
  return {
    answers,
    statuses: answers.map(({ status }) => status),
    failures: failures.map(({ family, error }) => {
      const { message, cause } = error as Error;
      return [family ?? 'scrape', message, ...(cause === undefined ? [] : [(cause as Error).message])];
    }),
  };
}

const twice = <T>(item: T) => [item, item];
const UNREAD =
  'expected metrics of the MeterProvider, got none; check that source.reader is in the readers of one that is not shut down';

test('a reader that no provider has fails the scrape', async () => {
  const { statuses, failures } = await scraped({ source: openTelemetrySource() });
  expect(statuses).toEqual([500, 500]);
  expect(failures).toEqual(twice(['scrape', UNREAD, 'MetricReader is not bound to a MetricProducer']));
});

test('a provider that was shut down fails the scrape', async () => {
  const { source, meter, provider } = telemetry();
  meter.createCounter('n').add(1);
  await provider.forceFlush();
  await provider.shutdown();
  const { statuses, failures } = await scraped({ source });
  expect(statuses).toEqual([500, 500]);
  expect(failures).toEqual(twice(['scrape', UNREAD, 'MetricReader is shutdown']));
});

test('a producer that fails fails the scrape', async () => {
  const failing = { collect: () => Promise.reject(new Error('no connection')) };
  const { statuses, failures } = await scraped({ source: telemetry({ metricProducers: [failing] }).source });
  expect(statuses).toEqual([500, 500]);
  expect(failures).toEqual(twice(['scrape', UNREAD, 'no connection']));
});

test('a collection that never ends is a timeout', async () => {
  const hanging = { collect: () => new Promise<never>(() => undefined) };
  const { statuses } = await scraped({ source: telemetry({ metricProducers: [hanging] }).source, timeout: 50 });
  expect(statuses).toEqual([503, 503]);
});

test('a resource whose attributes never come is a timeout', async () => {
  const resource = resourceFromAttributes({ 'host.id': new Promise(() => undefined) });
  const { source, meter } = telemetry({ targetInfo: true }, { resource });
  meter.createCounter('n').add(1);
  expect((await scraped({ source, timeout: 50 })).statuses).toEqual([503, 503]);
});

/** A provider with a counter, and a gauge whose callback does that. */
function withCallback(callback: () => unknown) {
  const own = telemetry();
  own.meter.createCounter('n').add(1);
  own.meter.createObservableGauge('g').addCallback(callback as () => void);
  return own.source;
}

const fail = () => {
  throw new Error('no sensor');
};

test.each<[string, () => unknown, string]>([
  ['throws', fail, 'no sensor'],
  ['rejects', async () => fail(), 'no sensor'],
  ['never ends', () => new Promise(() => undefined), 'Operation timed out.'],
])('a callback that %s is reported, and the rest is served in time', async (_, callback, message) => {
  const { statuses, answers, failures } = await scraped({ source: withCallback(callback), timeout: 1000 });
  expect(statuses).toEqual([200, 200]);
  expect(answers[0]?.text).toBe('# TYPE n_total counter\nn_total 1\n');
  expect(failures).toEqual(twice(['scrape', message]));
});

test('a callback that fails costs the scrape where that is asked for', async () => {
  const { statuses } = await scraped({ source: withCallback(fail), onSourceError: 'fail' });
  expect(statuses).toEqual([500, 500]);
});

test('callbacks that all fail, with nothing else to give, fail the scrape', async () => {
  const { source, meter } = telemetry({ targetInfo: true });
  meter.createObservableGauge('g').addCallback(fail);
  const { statuses, failures } = await scraped({ source });
  expect(statuses).toEqual([500, 500]);
  expect(failures).toEqual(
    expect.arrayContaining(
      twice(['scrape', 'expected metrics of the MeterProvider, got none: every callback failed', 'no sensor']),
    ),
  );
});

test('a scrape of which every metric is lost is a failed one', async () => {
  const { source } = telemetry({ metricProducers: [producer([{ dataPointType: 99 }])] });
  expect((await scraped({ source })).statuses).toEqual([500, 500]);
});

test('an attribute that the format needs for itself costs its sample alone', async () => {
  const { source, meter } = telemetry();
  const histogram = meter.createHistogram('h', { advice: { explicitBucketBoundaries: [] } });
  histogram.record(1, { le: '5' });
  histogram.record(1, { a: '5' });
  const { answers, failures } = await scraped({ source });
  expect(answers[0]?.text).toBe('# TYPE h histogram\nh_bucket{a="5",le="+Inf"} 1\nh_sum{a="5"} 1\nh_count{a="5"} 1\n');
  expect(failures).toEqual([['h', 'its label "le" is one that the format needs for itself']]);
});
