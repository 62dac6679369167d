import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import { createApp } from '../../../example-app/app.ts';
import { MailQueues, type Reply } from '../../../example-app/mail-queue.ts';
import { metricsRouter } from '../../../lib/index.ts';
import { prometheusServerSource, type Queries } from '../../../lib/sources/prometheus-server.ts';
import { listen, type Service, startService, temporaryFolder } from './support.ts';

const ok: Reply = { code: 250, reason: 'ok' };
const busy: Reply = { code: 451, reason: 'busy' };

/** An instance of the example service. */
interface Instance {
  readonly address: string;
  readonly queues: MailQueues;
  readonly server: Server;
}

async function startInstance(): Promise<Instance> {
  // One domain is never delivered to, and every other message comes at its second attempt.
  const deliver = ({ queue, attempts, subject }: { queue: string; attempts: number; subject: string }) =>
    queue === 'stuck.example'
      ? new Promise<Reply>(() => undefined)
      : Promise.resolve(attempts === 1 && subject === 'odd' ? busy : ok);
  const queues = new MailQueues(deliver, [1, 1]);
  const server = createApp({ queues, trustedHosts: ['127.0.0.1'] }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { queues, server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function stopInstance({ queues, server }: Instance): Promise<void> {
  queues.close();
  server.close();
  server.closeAllConnections();
  if (server.listening) await once(server, 'close');
}

/** Messages, of which each instance gets another number, and other requests. When it returns, nothing moves any more. */
async function traffic(instances: readonly Instance[]): Promise<void> {
  for (const [i, { address, queues }] of instances.entries()) {
    for (let n = 0; n < 4 + 2 * i; n++) {
      const domain = ['example.com', 'example.org', 'stuck.example'][n % 3];
      const delivered = domain === 'stuck.example' ? undefined : once(queues, 'delivered');
      const draft = { to: `ada@${domain}`, subject: n % 2 === 0 ? 'even' : 'odd', body: 'How are your numbers?' };
      const headers = { 'Content-Type': 'application/json' };
      await fetch(`http://${address}/messages`, { method: 'POST', headers, body: JSON.stringify(draft) });
      await delivered;
    }
    for (let n = 0; n <= i; n++) await fetch(`http://${address}/queues`);
  }
}

type Document = Record<string, { readonly type: string; readonly help?: string; readonly value: unknown }>;

async function documentOf(address: string): Promise<Document> {
  const response = await fetch(`http://${address}/metrics.json`);
  expect(response.status).toBe(200);
  return (await response.json()) as Document;
}

/** The values of one name in several documents, as one: numbers are added, whatever they stand in. */
function add(values: readonly unknown[]): unknown {
  const present = values.filter((value) => value !== null && value !== undefined);
  const [first] = present;
  if (typeof first === 'number') return present.reduce((sum: number, value) => sum + (value as number), 0);
  if (typeof first !== 'object') return null;
  const objects = present as Record<string, unknown>[];
  const names = new Set(objects.flatMap((object) => Object.keys(object)));
  return Object.fromEntries([...names].map((name) => [name, add(objects.map((object) => object[name]))]));
}

/** Without what depends on the order of series: lists by their labels, no averages. */
function comparable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Record<string, unknown>;
  if (Array.isArray(object.bucket)) {
    const { bucket, count, sum } = object as { bucket: [number, number][]; count: number; sum: number };
    return { count, sum, bucket: Object.fromEntries(bucket) };
  }
  const entries = Array.isArray(value)
    ? value.map(({ '@': own, ...labels }) => [JSON.stringify(Object.entries(labels).sort()), own])
    : Object.entries(value);
  return Object.fromEntries(entries.map(([key, own]) => [key, comparable(own)]));
}

/** Numbers as matchers: the last digits of a sum depend on the order of addition, and VictoriaMetrics keeps twelve. */
function near(value: unknown): unknown {
  if (typeof value === 'number') return expect.closeTo(value, 9);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, near(own)]));
}

const job = '{job="api"}';
const queries: Queries = {
  messages_accepted_total: `sum(messages_accepted_total${job})`,
  messages_delivered_total: `sum by (domain) (messages_delivered_total${job})`,
  messages_deferred_total: `sum by (domain, reason) (messages_deferred_total${job})`,
  queue_depth: `sum by (queue) (queue_depth${job})`,
  deliveries_in_progress: `sum(deliveries_in_progress${job}) by (queue)`,
  message_delivery_latency_seconds: { histogram: `message_delivery_latency_seconds${job}`, by: [] },
  http_request_duration_seconds: {
    histogram: `http_request_duration_seconds${job}`,
    by: ['method', 'route', 'status_code'],
  },
};

const scrapeConfig = (folder: string, self: string, instances: readonly Instance[]) => {
  const config = join(folder, 'scrape.yml');
  const targets = instances.map(({ address }) => address);
  writeFileSync(
    config,
    JSON.stringify({
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: [
        { job_name: 'api', static_configs: [{ targets }] },
        { job_name: 'self', static_configs: [{ targets: [self] }] },
      ],
    }),
  );
  return config;
};

const startPrometheus = (instances: readonly Instance[]) =>
  startService('prometheus', '/-/ready', (address) => {
    const folder = temporaryFolder();
    return [
      `--config.file=${scrapeConfig(folder, address, instances)}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=warn',
    ];
  });

const startVictoriaMetrics = (instances: readonly Instance[]) =>
  startService('victoria-metrics', '/health', (address) => {
    const folder = temporaryFolder();
    return [
      `-promscrape.config=${scrapeConfig(folder, address, instances)}`,
      `-storageDataPath=${join(folder, 'data')}`,
      `-httpListenAddr=${address}`,
      '-retentionPeriod=1d',
      '-memory.allowedBytes=64MiB',
      '-search.latencyOffset=0s',
      '-search.disableCache',
      '-http.maxGracefulShutdownDuration=1s',
      '-loggerLevel=WARN',
    ];
  });

describe.each([
  ['Prometheus', startPrometheus, true, /^broken: .*bad_data: .*unclosed left parenthesis/],
  // Version 1.79 has the path of the metadata, and nothing there.
  ['VictoriaMetrics', startVictoriaMetrics, false, /^broken: .*422: .*unexpected token/],
] as const)('three instances that %s scrapes', (_name, start, hasMetadata, apiError) => {
  let instances: Instance[];
  let server: Service;

  beforeAll(async () => {
    instances = await Promise.all([startInstance(), startInstance(), startInstance()]);
    await traffic(instances);
    server = await start(instances);
  });

  afterAll(() => Promise.all(instances.map(stopInstance)));

  /** The address of an app that serves these queries, and what it lost. */
  async function serve(queries: Queries) {
    const failures: string[] = [];
    const source = prometheusServerSource({ url: `http://${server.address}`, queries });
    const onError = ({ family, error }: { family?: string; error: unknown }) =>
      void failures.push(`${family}: ${(error as Error).message}`);
    return { address: await listen(express().use(metricsRouter({ source, onError }))), failures };
  }

  /** The totals in one document are the sums of what these instances say. */
  async function expectTotals(address: string, instances: readonly Instance[]) {
    const [fleet, ...own] = await Promise.all(
      [address, ...instances.map((instance) => instance.address)].map(documentOf),
    );
    const sums = Object.fromEntries(
      Object.keys(queries).map((name) => [name, add(own.map((document) => comparable(document[name]?.value)))]),
    );
    const totals = Object.entries(fleet ?? {}).map(([name, { value }]) => [name, comparable(value)]);
    expect(Object.fromEntries(totals)).toEqual(near(sums));
  }

  test('have totals that are the sums of their own numbers, histograms among them', async () => {
    const { address, failures } = await serve(queries);
    await server.eventually(async () => {
      await expectTotals(address, instances);
      const { message_delivery_latency_seconds: latency, queue_depth } = await documentOf(address);
      expect(latency?.value).toMatchObject({ count: 13, bucket: expect.arrayContaining([[30, 13]]) });
      expect(queue_depth?.value).toMatchObject({ queue: { 'example.com': 0 } });
    });
    expect(failures).toEqual([]);
  });

  test('have types and help, as far as the server knows them', async () => {
    const { address } = await serve({ ...queries, ratio: `sum(up${job}) / count(up${job})` });
    const described = async () =>
      Object.entries(await documentOf(address)).map(([name, { type, help }]) => [name, type, help]);
    const ifKnown = (type: string) => (hasMetadata ? type : 'untyped');
    const helpOf = (help: string) => (hasMetadata ? help : undefined);
    const expected = [
      ['messages_accepted_total', ifKnown('counter'), helpOf('messages taken into a queue')],
      ['messages_delivered_total', ifKnown('counter'), helpOf('messages that the receiving server took')],
      ['messages_deferred_total', ifKnown('counter'), helpOf('attempts that failed and are tried again later')],
      ['queue_depth', ifKnown('gauge'), helpOf('messages that wait for their first or next attempt')],
      ['deliveries_in_progress', ifKnown('gauge'), helpOf('messages that are being handed over')],
      ['message_delivery_latency_seconds', 'histogram', helpOf('from acceptance to delivery, retries included')],
      ['http_request_duration_seconds', 'histogram', helpOf('Duration of HTTP requests.')],
      ['ratio', 'gauge', undefined],
    ];
    await server.eventually(async () => expect(await described()).toEqual(expected));
  });

  test('can be told apart, and summaries are put together', async () => {
    const { address, failures } = await serve({
      accepted: `messages_accepted_total${job}`,
      latency: { histogram: `message_delivery_latency_seconds{job="api",instance="${instances[1]?.address}"}` },
      gc: { summary: 'go_gc_duration_seconds{job="self"}' },
    });
    await server.eventually(async () => {
      const { accepted, latency, gc } = await documentOf(address);
      expect(comparable(accepted?.value)).toEqual(
        Object.fromEntries(
          instances.map(({ address }, i) => [
            JSON.stringify([
              ['instance', address],
              ['job', 'api'],
            ]),
            4 + 2 * i,
          ]),
        ),
      );
      expect(latency?.value).toMatchObject([{ job: 'api', '@': { count: 4 } }]);
      expect(gc?.value).toMatchObject([
        {
          job: 'self',
          '@': { quantile: [[0], [0.25], [0.5], [0.75], [1]].map(([quantile]) => [quantile, expect.any(Number)]) },
        },
      ]);
    });
    expect(failures).toEqual([]);
  });

  test('keep their numbers when one query is wrong', async () => {
    const { address, failures } = await serve({ broken: 'sum((', range: `up${job}[1m]`, up: `sum(up${job})` });
    await server.eventually(async () => {
      expect(await documentOf(address)).toEqual({ up: { type: expect.any(String), value: 3 } });
    });
    expect(failures.slice(0, 2)).toEqual([
      expect.stringMatching(apiError),
      expect.stringMatching(/^range: .*"matrix"/),
    ]);
  });

  test('a server that has no query right is a failed scrape', async () => {
    const { address, failures } = await serve({ broken: 'sum((', worse: 'sum(((' });
    expect((await fetch(`http://${address}/metrics.json`)).status).toBe(500);
    expect(failures).toEqual([expect.stringContaining('2 of 2 queries failed')]);
  });

  test('that go away are no part of the totals, and what is gone with all of them is told', async () => {
    const { address, failures } = await serve({ ...queries, up: `sum(up${job})` });
    await documentOf(address);
    const [gone, ...left] = instances as [Instance, ...Instance[]];
    await stopInstance(gone);
    const { address: totals } = await serve(queries);
    await server.eventually(async () => {
      await expectTotals(totals, left);
      expect((await documentOf(address)).up?.value).toBe(2);
    });
    expect(failures).toEqual([]);

    for (const instance of left) await stopInstance(instance);
    await server.eventually(async () => {
      const document = await documentOf(address);
      expect(Object.values(document).map(({ value }) => value)).toEqual([...Object.keys(queries).map(() => null), 0]);
    });
    const told = failures.map((failure) => failure.replace(/ as at 20[\d-]+T[\d:.]+Z,/, ''));
    expect(told.sort()).toEqual(
      Object.keys(queries)
        .sort()
        .map((name) => `undefined: ${name}: expected series, got none`),
    );
  });
});
