import express from 'express';
import { type MetricsRouterOptions, metricsRouter } from '../../../lib/index.ts';
import { failing, inOrder, recorder, seriesOf, type Vector } from './scrapes.ts';
import { HOSTILE, handMade, handMadeSeries, MANY, promClient, TRACE } from './sources.ts';
import { listen, type Service, startPrometheus, temporaryFolder } from './support.ts';

interface Job extends Partial<MetricsRouterOptions> {
  /** What Prometheus is told of this job. */
  scrape?: Record<string, unknown>;
}

const registry = promClient();

const healthy: Record<string, Job> = {
  text: {},
  openmetrics: { openMetrics: true },
  'prom-client-text': { source: registry.source },
  'prom-client-openmetrics': { source: registry.source, openMetrics: true, selfMetrics: true },
  filtered: { scrape: { params: { 'name[]': ['sent', 'whatever'], 'exclude[]': ['whatever'], prefix: ['mail_'] } } },
};

const nothingArrives = /EOF|connection reset/;
const down: Record<string, Job & { lastError: RegExp }> = {
  'fails early': { source: failing(10), lastError: nothingArrives },
  'fails later': { source: failing(20_000), lastError: nothingArrives },
  'fails later, uncompressed': { source: failing(20_000), compression: false, lastError: nothingArrives },
  'fails later, in OpenMetrics': { source: failing(20_000), openMetrics: true, lastError: nothingArrives },
  'fails at once': { source: failing(0), onSourceError: 'fail', lastError: /status 500/ },
  hangs: { source: { collect: () => new Promise(() => undefined) }, lastError: /status 503/ },
  'is not for this address': { trustedHosts: ['192.0.2.1'], lastError: /status 403/ },
  'gets credentials': { scrape: { basic_auth: { username: 'a', password: 'b' } }, lastError: /status 403/ },
};

const jobs: Record<string, Job> = { ...healthy, ...down };
const pathOf = (job: string) => `/${job.replaceAll(/\W+/g, '-')}`;
const { seenAt, record } = recorder();
let prometheus: Service;

beforeAll(async () => {
  // The refusals below are wanted.
  jest.spyOn(process, 'emitWarning').mockImplementation();
  registry.jobs.inc({ labels: { queue: HOSTILE }, value: 3, exemplarLabels: TRACE });
  registry.size.observe({ labels: { queue: 'a' }, value: 50, exemplarLabels: TRACE });
  registry.wait.observe(0.25);

  const app = express().use(record);
  for (const [job, { scrape: _, lastError: __, ...options }] of Object.entries(jobs as typeof down)) {
    app.use(pathOf(job), metricsRouter({ source: handMade(), ...options }));
  }
  const target = await listen(app);

  const folder = temporaryFolder();
  const configuration = {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: Object.entries(jobs).map(([job, { scrape }]) => ({
      job_name: job,
      metrics_path: `${pathOf(job)}/metrics`,
      static_configs: [{ targets: [target] }],
      ...scrape,
    })),
  };
  prometheus = await startPrometheus(folder, configuration, '--enable-feature=exemplar-storage');
  // When a target is asked again, what it answered before is stored.
  await prometheus.eventually(async () => {
    for (const job of Object.keys(jobs)) expect(seenAt(`${pathOf(job)}/metrics`).length).toBeGreaterThan(1);
  });
});

interface Target {
  readonly labels: { readonly job: string };
  readonly health: string;
  readonly lastError: string;
}

async function targetOf(job: string) {
  const { activeTargets } = await prometheus.query<{ activeTargets: Target[] }>('targets');
  return activeTargets.find(({ labels }) => labels.job === job);
}

const series = async (query: string) => seriesOf(await prometheus.query<Vector>('query', { query }));
/** A scrape that is late on a busy machine makes the series stale until the next one. */
const expectSeries = (query: string, expected: unknown) =>
  prometheus.eventually(async () => expect(await series(query)).toEqual(expected));
const selector = (job: string, matchers: string) => `{job="${job}",${matchers}}`;
const ownOnes = (job: string) => selector(job, '__name__!~"up|scrape_.*|many"');

describe.each(Object.keys(healthy))('a target of Prometheus: %s', (job) => {
  test('is up', async () => {
    await prometheus.eventually(async () => {
      expect(await targetOf(job)).toMatchObject({ health: 'up', lastError: '' });
    });
  });
});

describe.each([
  ['text', 'text/plain; version=0.0.4; charset=utf-8'],
  ['openmetrics', 'application/openmetrics-text; version=1.0.0; charset=utf-8'],
] as const)('in the format %s', (job, contentType) => {
  test('Prometheus asks for what it understands, and gets it compressed', async () => {
    // On a busy machine, the first ones may be too late for a timeout of 1 s.
    await prometheus.eventually(async () =>
      expect(seenAt(`/${job}/metrics`).find(({ status }) => status === 200)).toEqual({
        path: `/${job}/metrics`,
        accept: expect.stringMatching(
          /^application\/openmetrics-text; ?version=1\.0\.0.*,text\/plain; ?version=0\.0\.4/,
        ),
        acceptEncoding: 'gzip',
        status: 200,
        type: contentType,
        encoding: 'gzip',
      }),
    );
  });

  test('every series arrives with its value, and no other', async () => {
    await expectSeries(ownOnes(job), inOrder(handMadeSeries(job)));
  });

  test('a family larger than a chunk arrives whole', async () => {
    const matching = selector(job, '__name__="many"');
    await expectSeries(`count(${matching})`, [['', {}, MANY]]);
    await expectSeries(`sum(${matching})`, [['', {}, (MANY * (MANY - 1)) / 2]]);
  });

  test('quantiles can be taken of a histogram', async () => {
    const median = `histogram_quantile(0.5, ${selector(job, '__name__="latency_seconds_bucket",path!="/unused"')})`;
    await expectSeries(median, [['', { path: HOSTILE }, expect.closeTo(0.775, 10)]]);
  });

  test('types, help and units arrive', async () => {
    const metadata = () =>
      prometheus.query<{ metric: string; type: string; help: string; unit: string }[]>('targets/metadata', {
        match_target: `{job="${job}"}`,
      });
    const isText = job === 'text';
    const family = (metric: string, type: string, help = '', unit = '') => ({
      target: expect.anything(),
      metric,
      type,
      help,
      unit: isText ? '' : unit,
    });
    const total = isText ? '_total' : '';
    const sorted = (families: readonly { metric: string }[]) =>
      [...families].sort((a, b) => (a.metric < b.metric ? -1 : 1));
    const expected = sorted([
      family(`requests${total}`, 'counter', HOSTILE),
      family('sent', 'counter'),
      family(`nothing_yet${total}`, 'counter', 'no samples'),
      family('temperature_celsius', 'gauge', '', 'celsius'),
      family('extremes', 'gauge'),
      family('latency_seconds', 'histogram', 'how long it took', 'seconds'),
      // A bound of it is below 0, so that OpenMetrics would forbid its count.
      ...(isText
        ? [family('sumless', 'histogram')]
        : [family('sumless_bucket', 'unknown'), family('sumless_count', 'unknown')]),
      family('rpc_seconds', 'summary'),
      family('whatever', 'unknown'),
      family('disk_usage_bytes', 'gauge'),
      family('__lives___', 'gauge'),
      family('many', 'gauge', 'more than a chunk'),
    ]);
    await prometheus.eventually(async () => expect(sorted(await metadata())).toEqual(expected));
  });
});

interface ExemplarSeries {
  readonly seriesLabels: Record<string, string>;
  readonly exemplars: readonly { readonly labels: Record<string, string>; readonly value: string }[];
}

/** Prometheus takes the escapes of an exemplar's labels for a part of them, in version 2.42 and long after it. */
const TRACE_READ = { ...TRACE, trace_id: TRACE.trace_id.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n') };

async function exemplars(query: string) {
  const now = Date.now() / 1000;
  const range = { start: `${now - 600}`, end: `${now + 600}` };
  const found = await prometheus.query<ExemplarSeries[]>('query_exemplars', { query, ...range });
  return found.map(({ seriesLabels: { __name__, le }, exemplars }) => [
    __name__,
    ...(le === undefined ? [] : [le]),
    ...exemplars.map(({ labels, value }) => [labels, Number(value)]),
  ]);
}

describe('exemplars', () => {
  test('of counters and of histograms arrive in OpenMetrics', async () => {
    await prometheus.eventually(async () =>
      expect(await exemplars(ownOnes('openmetrics'))).toEqual(
        expect.arrayContaining([
          ['requests_total', [TRACE_READ, 2]],
          ['latency_seconds_bucket', '1.0', [TRACE_READ, 0.5]],
          ['latency_seconds_bucket', '+Inf', [{}, 2e6]],
        ]),
      ),
    );
  });

  test('of prom-client arrive too', async () => {
    await prometheus.eventually(async () =>
      expect(await exemplars(ownOnes('prom-client-openmetrics'))).toEqual(
        expect.arrayContaining([
          ['jobs_done_total', [TRACE_READ, 3]],
          ['job_size_bytes_bucket', '100.0', [TRACE_READ, 50]],
        ]),
      ),
    );
  });

  test('are none in text 0.0.4', async () => {
    expect(await exemplars(ownOnes('text'))).toEqual([]);
    expect(await exemplars(ownOnes('prom-client-text'))).toEqual([]);
  });
});

describe.each([
  ['prom-client-text', 'jobs_done', '100'],
  ['prom-client-openmetrics', 'jobs_done_total', '100.0'],
])('a registry of prom-client, %s', (job, counter, bound) => {
  const service = HOSTILE;
  const own = selector(job, '__name__=~"jobs_done.*|queue_depth|job_size_bytes.*|wait_seconds.*"');

  test('has its values and its default labels in Prometheus', async () => {
    await expectSeries(
      own,
      inOrder([
        [counter, { queue: HOSTILE, service }, 3],
        ['queue_depth', { service }, 42],
        ['job_size_bytes_bucket', { queue: 'a', le: bound.replace('00', '0'), service }, 0],
        ['job_size_bytes_bucket', { queue: 'a', le: bound, service }, 1],
        ['job_size_bytes_bucket', { queue: 'a', le: '+Inf', service }, 1],
        ['job_size_bytes_sum', { queue: 'a', service }, 50],
        ['job_size_bytes_count', { queue: 'a', service }, 1],
        ['wait_seconds', { quantile: '0.5', service }, 0.25],
        ['wait_seconds_sum', { service }, 0.25],
        ['wait_seconds_count', { service }, 1],
      ]),
    );
  });

  test("has Node's own metrics in Prometheus", async () => {
    await prometheus.eventually(async () => {
      const names = new Set((await series(ownOnes(job))).map(([name]) => name));
      expect([...names]).toEqual(
        expect.arrayContaining([
          'process_start_time_seconds',
          'nodejs_version_info',
          'nodejs_gc_duration_seconds_bucket',
        ]),
      );
    });
  });
});

test('what the app counts moves in Prometheus', async () => {
  const counted = (job: string) => series(`sum(${selector(job, '__name__=~"jobs_done(_total)?",queue="moving"')})`);
  for (const total of [2, 4]) {
    registry.jobs.inc({ labels: { queue: 'moving' }, value: 2 });
    await prometheus.eventually(async () => {
      expect(await counted('prom-client-text')).toEqual([['', {}, total]]);
      expect(await counted('prom-client-openmetrics')).toEqual([['', {}, total]]);
    });
  }
});

test('the parameters of a job filter and prefix its families', async () => {
  await expectSeries(ownOnes('filtered'), [['mail_sent', {}, 12.5]]);
});

describe.each(Object.entries(down))('a target that %s', (job, { lastError }) => {
  test('is down, and nothing of it is stored', async () => {
    await prometheus.eventually(async () => {
      expect(await targetOf(job)).toMatchObject({ health: 'down', lastError: expect.stringMatching(lastError) });
    });
    await expectSeries(ownOnes(job), []);
    await expectSeries(selector(job, '__name__="up"'), [['up', {}, 0]]);
  });
});
