import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import express from 'express';
import { type MetricsRouterOptions, metricsRouter } from '../../../lib/index.ts';
import { failing, inOrder, recorder, type Series, seriesOf, type Vector } from './scrapes.ts';
import { HOSTILE, handMade, handMadeSeries, MANY, promClient } from './sources.ts';
import { listen, type Service, startService, temporaryFolder } from './support.ts';

const registry = promClient();

const up: Record<string, Partial<MetricsRouterOptions>> = {
  text: {},
  // It asks for text alone.
  openmetrics: { openMetrics: true },
  'prom-client': { source: registry.source, selfMetrics: true },
};
const down: Record<string, Partial<MetricsRouterOptions> & { lastError: RegExp }> = {
  'fails-early': { source: failing(10), lastError: /closed|EOF|reset/ },
  'fails-later': { source: failing(20_000), lastError: /closed|EOF|reset/ },
  'fails-later-uncompressed': { source: failing(20_000), compression: false, lastError: /closed|EOF|reset/ },
  'is-not-for-this-address': { trustedHosts: ['192.0.2.1'], lastError: /403/ },
};

const { seenAt, record } = recorder();
let victoria: Service;

beforeAll(async () => {
  // The refusals below are wanted.
  jest.spyOn(process, 'emitWarning').mockImplementation();
  registry.jobs.inc({ labels: { queue: HOSTILE }, value: 3 });
  registry.size.observe({ labels: { queue: 'a' }, value: 50 });

  const jobs = { ...up, ...down };
  const app = express().use(record);
  for (const [job, { lastError: _, ...options }] of Object.entries(jobs as typeof down)) {
    app.use(`/${job}`, metricsRouter({ source: handMade(), ...options }));
  }
  const target = await listen(app);

  const folder = temporaryFolder();
  const config = join(folder, 'scrape.yml');
  // JSON is YAML.
  writeFileSync(
    config,
    JSON.stringify({
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: Object.keys(jobs).map((job) => ({
        job_name: job,
        metrics_path: `/${job}/metrics`,
        static_configs: [{ targets: [target] }],
      })),
    }),
  );
  victoria = await startService('victoria-metrics', '/health', (address) => [
    `-promscrape.config=${config}`,
    `-storageDataPath=${join(folder, 'data')}`,
    `-httpListenAddr=${address}`,
    '-retentionPeriod=1d',
    '-memory.allowedBytes=64MiB',
    '-search.latencyOffset=0s',
    '-search.disableCache',
    '-http.maxGracefulShutdownDuration=1s',
    '-loggerLevel=WARN',
  ]);
  // It remembers for ten seconds that there was nothing, when it is asked before the first series are indexed.
  await victoria.eventually(async () => {
    for (const job of Object.keys(jobs)) {
      expect(seenAt(`/${job}/metrics`).length).toBeGreaterThan(2);
    }
  });
});

const series = async (query: string) => seriesOf(await victoria.query<Vector>('query', { query }));
const selector = (job: string, matchers: string) => `{job="${job}",${matchers}}`;
const ownOnes = (job: string) => selector(job, '__name__!~"up|scrape_.*|many"');

/** VictoriaMetrics stores no NaN, nothing that is next to zero, and 14 digits or some more. */
function asStored(series: readonly Series[]): Series[] {
  return series
    .filter(([, { case: name }, value]) => !Number.isNaN(value) && name !== 'smallest')
    .map(([name, labels, value]) => [name, labels, Number(value.toPrecision(14))]);
}

interface Target {
  readonly labels: { readonly job: string };
  readonly health: string;
  readonly lastError: string;
}

async function targetOf(job: string) {
  const { activeTargets } = await victoria.query<{ activeTargets: Target[] }>('targets');
  return activeTargets.find(({ labels }) => labels.job === job);
}

describe.each(Object.keys(up))('a target of VictoriaMetrics: %s', (job) => {
  test('is up, in text 0.0.4', async () => {
    await victoria.eventually(async () => {
      expect(await targetOf(job)).toMatchObject({ health: 'up', lastError: '' });
    });
    // On a busy machine, the first ones may be too late for a timeout of 1 s.
    expect(seenAt(`/${job}/metrics`).find(({ status }) => status === 200)).toMatchObject({
      accept: expect.stringContaining('text/plain'),
      acceptEncoding: 'gzip',
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      encoding: 'gzip',
    });
  });
});

describe.each(['text', 'openmetrics'])('the target %s', (job) => {
  test('has every series with its value, and no other', async () => {
    await victoria.eventually(async () => {
      expect(asStored(await series(ownOnes(job)))).toEqual(asStored(inOrder(handMadeSeries('text'))));
    });
  });

  test('has a family larger than a chunk, whole', async () => {
    const matching = selector(job, '__name__="many"');
    await victoria.eventually(async () => {
      expect(await series(`count(${matching})`)).toEqual([['', {}, MANY]]);
      expect(await series(`sum(${matching})`)).toEqual([['', {}, (MANY * (MANY - 1)) / 2]]);
    });
  });

  test('gives the quantiles of a histogram', async () => {
    const median = `histogram_quantile(0.5, ${selector(job, '__name__="latency_seconds_bucket",path!="/unused"')})`;
    await victoria.eventually(async () => {
      expect(await series(median)).toEqual([['', { path: HOSTILE }, expect.closeTo(0.775, 10)]]);
    });
  });
});

test('the values and the default labels of a registry of prom-client arrive, and move', async () => {
  const service = HOSTILE;
  const own = selector('prom-client', '__name__=~"jobs_done|queue_depth|job_size_bytes.*"');
  for (const jobs of [3, 5]) {
    await victoria.eventually(async () => {
      expect(await series(own)).toEqual(
        inOrder([
          ['jobs_done', { queue: HOSTILE, service }, jobs],
          ['queue_depth', { service }, 42],
          ['job_size_bytes_bucket', { queue: 'a', le: '10', service }, 0],
          ['job_size_bytes_bucket', { queue: 'a', le: '100', service }, 1],
          ['job_size_bytes_bucket', { queue: 'a', le: '+Inf', service }, 1],
          ['job_size_bytes_sum', { queue: 'a', service }, 50],
          ['job_size_bytes_count', { queue: 'a', service }, 1],
        ]),
      );
    });
    registry.jobs.inc({ labels: { queue: HOSTILE }, value: 2 });
  }
  await victoria.eventually(async () => {
    expect(await series(selector('prom-client', '__name__="metrics_endpoint_scrapes_total"'))).toEqual([
      ['metrics_endpoint_scrapes_total', { format: 'prometheus-text', outcome: 'complete' }, expect.any(Number)],
    ]);
  });
});

describe.each(Object.entries(down))('a target that %s', (job, { lastError }) => {
  test('is down, and nothing of it is stored', async () => {
    await victoria.eventually(async () => {
      expect(await targetOf(job)).toMatchObject({ health: 'down', lastError: expect.stringMatching(lastError) });
      expect(await series(selector(job, '__name__="up"'))).toEqual([['up', {}, 0]]);
    });
    expect(await series(ownOnes(job))).toEqual([]);
  });
});
