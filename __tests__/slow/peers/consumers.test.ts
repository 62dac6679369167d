import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import express from 'express';
import { metricsRouter } from '../../../lib/index.ts';
import { recipePage, replaceIn } from '../../support/recipe-page.ts';
import { ADDRESS, cutExample, example } from './consumers.ts';
import { inOrder, recorder, type SeenScrape, type Series, seriesOf, type Vector } from './scrapes.ts';
import { listen, run, type Service, startService, temporaryFolder } from './support.ts';

// Docs: docs/recipes/consumers.md and consumers-json.md. collectd is in a file of its own.

const { seenAt, record } = recorder();
const asked: string[] = [];
let address: string;
let cutAddress: string;

const serve = (source: typeof example, singleLabel: 'map' | 'list' = 'map') =>
  listen(
    express()
      .use((req, _, next) => {
        asked.push(`${req.url} ${req.headers['x-prometheus-scrape-timeout-seconds']}`);
        next();
      })
      .use(record)
      .use(metricsRouter({ source, singleLabel })),
  );

beforeAll(async () => {
  address = await serve(example);
  cutAddress = await serve(cutExample);
});

/** Writes a file of a page, asking every second, and gives its path. */
function configuration(page: string, file: string, to: string, ...replacements: [string, string][]): string {
  const path = join(temporaryFolder(), file);
  writeFileSync(path, recipePage(page).file(file, [ADDRESS, to], ...replacements));
  return path;
}

const seriesOfQueues: Series[] = [
  ['messages_accepted_total', {}, 46],
  ['queue_depth', { queue: 'example.com' }, 2],
  ['queue_depth', { queue: 'example.org' }, 0],
];
const allSeries: Series[] = [
  ...seriesOfQueues,
  ['deliveries_total', { pool: 'p1', source: 's1' }, 4],
  ['deliveries_total', { pool: 'p2' }, 1],
  ['cpu_seconds_total', {}, 12.75],
  ['delivery_seconds_bucket', { le: '0.1' }, 1],
  ['delivery_seconds_bucket', { le: '0.5' }, 3],
  ['delivery_seconds_bucket', { le: '+Inf' }, 3],
  ['delivery_seconds_sum', {}, 0.9],
  ['delivery_seconds_count', {}, 3],
];

const own = (job: string) => `{job="${job}",__name__!~"up|scrape_.*"}`;
const stored = async (server: Service, query: string) => seriesOf(await server.query<Vector>('query', { query }));

describe("the page's prometheus.yml", () => {
  let prometheus: Service;

  beforeAll(async () => {
    const config = configuration(
      'consumers.md',
      'prometheus.yml',
      address,
      ['15s', '2s'],
      ['10s', '2s'],
      ['5s', '1s'],
      ['4s', '1s'],
    );
    prometheus = await startService('prometheus', '/-/ready', (on) => [
      `--config.file=${config}`,
      `--storage.tsdb.path=${temporaryFolder()}`,
      `--web.listen-address=${on}`,
      '--log.level=warn',
    ]);
  });

  test.each([
    ['all families', 'api', allSeries],
    ['the two that are asked for', 'api-queues', seriesOfQueues],
  ])('stores %s', async (_, job, expected) => {
    await prometheus.eventually(async () => {
      expect(await stored(prometheus, own(job))).toEqual(inOrder(expected));
    });
  });

  test('tells the service how long it will wait', () => {
    expect(asked).toContain('/metrics 2');
    expect(asked).toContain('/metrics?name%5B%5D=queue_depth&name%5B%5D=messages_accepted_total 1');
  });
});

describe("the page's scrape.yml, given to vmagent", () => {
  let victoria: Service;

  beforeAll(async () => {
    victoria = await startService('victoria-metrics', '/health', (on) => [
      `-storageDataPath=${temporaryFolder()}`,
      `-httpListenAddr=${on}`,
      '-retentionPeriod=1d',
      '-memory.allowedBytes=64MiB',
      '-search.latencyOffset=0s',
      '-search.disableCache',
      '-loggerLevel=WARN',
    ]);
  });

  function startAgent(job: string, target: string, ...options: string[]) {
    const config = configuration(
      'consumers.md',
      'scrape.yml',
      target,
      ['15s', '1s'],
      ['job_name: api', `job_name: ${job}`],
    );
    return startService('vmagent', '/health', (on) => [
      `-promscrape.config=${config}`,
      `-remoteWrite.url=http://${victoria.address}/api/v1/write`,
      `-remoteWrite.tmpDataPath=${temporaryFolder()}`,
      `-httpListenAddr=${on}`,
      '-loggerLevel=ERROR',
      ...options,
    ]);
  }

  test('brings all families to VictoriaMetrics', async () => {
    await startAgent('api', address);
    await victoria.eventually(async () => {
      expect(await stored(victoria, own('api'))).toEqual(inOrder(allSeries));
    });
    const scrape: Partial<SeenScrape> = { acceptEncoding: 'gzip', encoding: 'gzip', status: 200 };
    expect(seenAt('/metrics')).toContainEqual(expect.objectContaining(scrape));
    expect(asked).toContain('/metrics 1.000');
  });

  test('takes a target whose document is cut for one that is down', async () => {
    await startAgent('cut', cutAddress);
    await victoria.eventually(async () => {
      expect(await stored(victoria, '{job="cut",__name__="up"}')).toEqual([['up', {}, 0]]);
    });
    expect(await stored(victoria, own('cut'))).toEqual([]);
  });

  test('stores, with -promscrape.streamParse, what stands in front of the cut', async () => {
    await startAgent('streamed', cutAddress, '-promscrape.streamParse');
    await victoria.eventually(async () => {
      expect(await stored(victoria, '{job="streamed",__name__="up"}')).toEqual([['up', {}, 0]]);
      expect(await stored(victoria, own('streamed'))).not.toEqual([]);
    });
  });
});

function shell(command: string): Promise<{ code: unknown; stdout: string }> {
  return new Promise((resolve) => {
    execFile('bash', ['-c', command], { timeout: 10_000 }, (error, stdout) =>
      resolve({ code: error?.code ?? 0, stdout }),
    );
  });
}

describe('curl and jq', () => {
  test.each(recipePage('consumers-json.md').commands)('$command', async ({ command, output }) => {
    expect(await shell(`set -o pipefail; ${replaceIn(command, [ADDRESS, address])}`)).toEqual({
      code: 0,
      stdout: output,
    });
  });

  test('fail on a document that is cut, and show nothing of it', async () => {
    const read = `curl -sf http://${cutAddress}/metrics.json`;
    expect(await shell(`${read} > /dev/null`)).toMatchObject({ code: 18 });
    const { code, stdout } = await shell(`${read} | jq .messages_accepted_total.value`);
    expect({ failed: code !== 0, stdout }).toEqual({ failed: true, stdout: '' });
  });
});

test("Infinity's expression makes a row of each queue", async () => {
  const query = JSON.parse(recipePage('consumers-json.md').file('query.json', [ADDRESS, address]));
  const text = await (await fetch(query.url)).text();
  const { stdout } = await run('jq', [query.root_selector], text);
  expect(JSON.parse(stdout)).toEqual([
    { queue: 'example.com', depth: 2 },
    { queue: 'example.org', depth: 0 },
  ]);
  const names = query.columns.map(({ selector }: { selector: string }) => selector);
  expect(names).toEqual(['queue', 'depth']);
});
