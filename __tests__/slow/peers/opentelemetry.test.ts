import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationType, MeterProvider } from '@opentelemetry/sdk-metrics';
import express from 'express';
import { metricsRouter } from '../../../lib/index.ts';
import { openTelemetrySource } from '../../../lib/sources/opentelemetry.ts';
import { inOrder, type Series, seriesOf, type Vector } from './scrapes.ts';
import { HOSTILE } from './sources.ts';
import { listen, run, type Service, startPrometheus, temporaryFolder } from './support.ts';

const FORMATS = ['text', 'openmetrics'] as const;

/** What was recorded in the exponential histogram, and so what any bound must count. */
const SPREAD = [0, 1e-9, 0.25, 1, 1, 1.5, 3, 1024, 1e9];
const BOUNDARIES = [0.5, 1, 1e6];

const source = openTelemetrySource({ resourceLabels: ['deployment.environment.name'] });
const provider = new MeterProvider({
  readers: [source.reader],
  resource: resourceFromAttributes({
    'service.name': HOSTILE,
    'deployment.environment.name': 'test',
    'process.command_args': ['node', 'a"b'],
  }),
  views: [{ instrumentName: 'spread', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
});
const meter = provider.getMeter('app', '1.2.3', { schemaUrl: 'https://opentelemetry.io/schemas/1.30.0' });
const requests = meter.createCounter('http.server.requests', { description: HOSTILE, unit: '{request}' });

const ENVIRONMENT = { deployment_environment_name: 'test' };
const APP = {
  otel_scope_name: 'app',
  otel_scope_version: '1.2.3',
  otel_scope_schema_url: 'https://opentelemetry.io/schemas/1.30.0',
  ...ENVIRONMENT,
};
const LIBRARY = { otel_scope_name: HOSTILE, ...ENVIRONMENT };

/** Records something in each kind of instrument. */
function fill(): void {
  requests.add(3, { 'http.route': HOSTILE, 'http.request.method': 'GET', status: 200, cached: false });
  requests.add(4, { 'a.b': 'dot', a_b: 'underscore', 'a-b': 'dash', '1st': 'digit', __name__: 'x', 中: HOSTILE });
  requests.add(5, { list: ['a', 'b'], numbers: [1, 2.5], nothing: undefined, job: 'mine' });
  provider.getMeter(HOSTILE).createCounter('http.server.requests').add(6);
  meter.createUpDownCounter('queue.size', { unit: 'By' }).add(-7.5);
  const latency = meter.createHistogram('latency', { unit: 's', advice: { explicitBucketBoundaries: BOUNDARIES } });
  for (const value of [0.5, 0.75, 2e6]) latency.record(value, { route: '/' });
  const spread = meter.createHistogram('spread');
  for (const value of SPREAD) spread.record(value, { route: HOSTILE });
  meter.createGauge('extremes').record(Number.POSITIVE_INFINITY, { case: 'up' });
  meter.createGauge('extremes').record(Number.NaN, { case: 'nan' });
  meter.createGauge('extremes').record(5e-324, { case: 'smallest' });
  meter.createObservableGauge('cpu.usage', { unit: '1' }).addCallback((result) => result.observe(0.25, { cpu: 0 }));
  meter.createObservableCounter('transfer', { unit: 'By' }).addCallback((result) => result.observe(2 ** 40));
}

/** All series but the bounds of `spread`, as they must arrive. */
function expected(format: (typeof FORMATS)[number]): Series[] {
  const [one, million] = format === 'text' ? ['1', '1000000'] : ['1.0', '1e+06'];
  const route = { route: '/', ...APP };
  const spread = { route: HOSTILE, ...APP };
  return [
    ['target_info', { service_name: HOSTILE, ...ENVIRONMENT, process_command_args: '["node","a\\"b"]' }, 1],
    [
      'http_server_requests_total',
      { http_route: HOSTILE, http_request_method: 'GET', status: '200', cached: 'false', ...APP },
      3,
    ],
    ['http_server_requests_total', { a_b: 'dash;dot;underscore', _1st: 'digit', _name_: 'x', _: HOSTILE, ...APP }, 4],
    ['http_server_requests_total', { list: '["a","b"]', numbers: '[1,2.5]', exported_job: 'mine', ...APP }, 5],
    ['http_server_requests_total', LIBRARY, 6],
    ['queue_size_bytes', APP, -7.5],
    ['latency_seconds_bucket', { le: '0.5', ...route }, 1],
    ['latency_seconds_bucket', { le: one, ...route }, 2],
    ['latency_seconds_bucket', { le: million, ...route }, 2],
    ['latency_seconds_bucket', { le: '+Inf', ...route }, 3],
    ['latency_seconds_sum', route, 2000001.25],
    ['latency_seconds_count', route, 3],
    ['spread_sum', spread, SPREAD.reduce((sum, value) => sum + value)],
    ['spread_count', spread, SPREAD.length],
    ['extremes', { case: 'up', ...APP }, Number.POSITIVE_INFINITY],
    ['extremes', { case: 'nan', ...APP }, Number.NaN],
    ['extremes', { case: 'smallest', ...APP }, 5e-324],
    ['cpu_usage_ratio', { cpu: '0', ...APP }, 0.25],
    ['transfer_bytes_total', APP, 2 ** 40],
  ];
}

let target: string;
let prometheus: Service;
const failures: unknown[] = [];

beforeAll(async () => {
  fill();
  const app = express();
  for (const format of FORMATS) {
    const openMetrics = format === 'openmetrics';
    app.use(`/${format}`, metricsRouter({ source, openMetrics, onError: (failure) => failures.push(failure) }));
  }
  target = await listen(app);
  const folder = temporaryFolder();
  prometheus = await startPrometheus(folder, {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: FORMATS.map((format) => ({
      job_name: format,
      metrics_path: `/${format}/metrics`,
      static_configs: [{ targets: [target] }],
    })),
  });
});

const series = async (query: string) => seriesOf(await prometheus.query<Vector>('query', { query }));

describe.each(FORMATS)('what the SDK holds, in the format %s', (format) => {
  const own = (matchers: string) => `{job="${format}",${matchers}}`;

  test('arrives in Prometheus, every series with its value and no other', async () => {
    await prometheus.eventually(async () => {
      expect(await series(own('__name__!~"up|scrape_.*|spread_bucket"'))).toEqual(inOrder(expected(format)));
    });
    expect(failures).toEqual([]);
  });

  test('arrives with every bound of an exponential histogram', async () => {
    await prometheus.eventually(async () => {
      const buckets = await series(own('__name__="spread_bucket"'));
      expect(buckets.length).toBeGreaterThan(100);
      for (const [, { le, ...labels }, count] of buckets) {
        const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
        expect([bound, count]).toEqual([bound, SPREAD.filter((value) => value <= bound).length]);
        expect(labels).toEqual({ route: HOSTILE, ...APP });
      }
    });
    const [[, , median = 0] = []] = await series(`histogram_quantile(0.5, ${own('__name__="spread_bucket"')})`);
    expect(Math.abs(Math.log2(median))).toBeLessThanOrEqual(0.25);
  });

  test('arrives with its types, help and units', async () => {
    const metadata = await prometheus.query<{ metric: string; type: string; help: string; unit: string }[]>(
      'targets/metadata',
      { match_target: `{job="${format}"}` },
    );
    const isText = format === 'text';
    const total = isText ? '_total' : '';
    const unit = (text: string) => (isText ? '' : text);
    const found = metadata.map(({ metric, type, help, unit }) => [metric, [type, help, unit]]);
    expect(Object.fromEntries(found)).toEqual({
      target_info: ['gauge', 'Target metadata', ''],
      [`http_server_requests${total}`]: ['counter', HOSTILE, ''],
      queue_size_bytes: ['gauge', '', unit('bytes')],
      latency_seconds: ['histogram', '', unit('seconds')],
      spread: ['histogram', '', ''],
      extremes: ['gauge', '', ''],
      cpu_usage_ratio: ['gauge', '', unit('ratio')],
      [`transfer_bytes${total}`]: ['counter', '', unit('bytes')],
    });
  });
});

test('what is counted moves in Prometheus', async () => {
  const counted = () => series('sum by (job) (http_server_requests_total{moving="yes"})');
  for (const total of [2, 4]) {
    requests.add(2, { moving: 'yes' });
    await prometheus.eventually(async () => {
      expect(await series('count(http_server_requests_total{moving="yes"})')).toEqual([['', {}, 2]]);
      expect((await counted()).map(([, , value]) => value)).toEqual([total, total]);
    });
  }
});

test('promtool accepts the text', async () => {
  const text = await (await fetch(`http://${target}/text/metrics`)).text();
  const { code, stderr } = await run('promtool', ['check', 'metrics'], text);
  // With 3 it complains of style, which is the app's.
  expect(code === 3 ? 0 : `exit code ${code}: ${stderr}`).toBe(0);
});
