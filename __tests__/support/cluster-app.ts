// A service in several processes, or in several threads of one. clusters.ts starts it.

import cluster from 'node:cluster';
import { once } from 'node:events';
import type { AddressInfo, ListenOptions } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker as Thread, threadId, workerData } from 'node:worker_threads';
import express from 'express';
import promClient from 'prom-client';
import { dashboard } from '../../lib/dashboard.ts';
import { combineSources, metricsRouter, type ScrapeFailure } from '../../lib/index.ts';
import { type ClusterSourceOptions, clusterSource, setupPrimary } from '../../lib/sources/cluster.ts';
import { promClientSource } from '../../lib/sources/prom-client.ts';
import { requestMetrics } from '../../lib/sources/requests.ts';
import { electionOf } from '../../lib/sources/source-marks.ts';
import type { ClusterSettings, Command, Message } from './clusters.ts';

const settings: ClusterSettings = workerData?.settings ?? JSON.parse(process.env.CLUSTER_APP as string);
const isFirst = isMainThread && cluster.isPrimary;

if (isFirst) await startAll(settings);
else await serve(isMainThread ? String(cluster.worker?.id) : `thread-${threadId}`, settings);

/** Runs in the primary or the main thread: starts the others and passes on their messages. */
async function startAll({
  serialization,
  primary = 'first',
  workers = 0,
  threads = 0,
  isPrimaryServing,
}: ClusterSettings) {
  if (serialization !== undefined) cluster.setupPrimary({ serialization });
  if (primary === 'first') setupPrimary();
  const started: Thread[] = [];
  function startThread(): void {
    const thread = new Thread(new URL(import.meta.url), { workerData: { settings } });
    started.push(thread);
    thread.on('message', (said: Message) => {
      if (said === 'terminate me') void thread.terminate();
      else tellTest(said);
    });
  }
  cluster.on('message', (_worker, said: Message) => {
    if (typeof said === 'object' && ('started' in said || 'echo' in said)) tellTest(said);
  });
  cluster.on('exit', ({ id }) => tellTest({ exited: id }));
  process.on('message', (order: Command) => {
    if (order === 'setup') setupPrimary();
    else if (order === 'reopen') {
      setupPrimary().close();
      setupPrimary();
    } else if (order === 'fork') cluster.fork();
    else if (order === 'thread') startThread();
    else {
      for (const worker of Object.values(cluster.workers ?? {})) worker?.send(order.broadcast);
      for (const thread of started) thread.postMessage(order.broadcast);
    }
  });
  process.on('disconnect', () => process.exit());
  for (let i = 0; i < workers; i++) cluster.fork();
  for (let i = 0; i < threads; i++) startThread();
  if (isPrimaryServing) await serve('primary', settings);
}

/** Serves the metrics on the port that all workers share and on a separate port, which also accepts commands. */
async function serve(
  name: string,
  { timeout, measuresRequests = false, hasHistory = false }: ClusterSettings,
): Promise<void> {
  if (hasHistory) sampleOften();
  const { registry, moves } = createMetrics();
  const errors: string[] = [];
  const onError = ({ error, family = 'scrape' }: ScrapeFailure) => void errors.push(`${family}: ${error}`);
  const requests = requestMetrics();
  const own = promClientSource(registry);
  const source = measuresRequests ? combineSources([own, requests]) : own;
  const routerOf = (path: string, options?: ClusterSourceOptions) =>
    metricsRouter({
      path,
      source: clusterSource(source, options),
      ...(hasHistory && { dashboard: dashboard() }),
      openMetrics: true,
      onError,
      ...(timeout && { timeout }),
    });
  const app = express();
  app.use(routerOf('/metrics'), routerOf('/each', { workerLabel: 'worker' }));
  if (measuresRequests) app.use(requests);
  app.get('/move/:what/:argument', ({ params }, res) => {
    moves[params.what]?.(params.argument);
    res.end();
  });
  app.get('/errors', (_req, res) => void res.json(errors));
  app.get('/peer', async (_req, res) => void res.json(await registry.getMetricsAsJSON()));
  app.get('/keeps', (_req, res) => void res.json(electionOf(clusterSource(source))?.isKeeper('history /metrics 0')));
  app.get('/terminate', () => parentPort?.postMessage('terminate me'));
  app.get('/end', (_req, res) => {
    res.end();
    if (isMainThread) cluster.worker?.disconnect();
    else process.exit();
  });

  async function listen(options: ListenOptions): Promise<number> {
    const server = app.listen({ port: 0, host: '127.0.0.1', ...options } as never);
    await once(server, 'listening');
    if (!isFirst) process.on('disconnect', () => server.close());
    return (server.address() as AddressInfo).port;
  }
  const port = await listen({ exclusive: true });
  const shared = isMainThread && !isFirst ? await listen({}) : port;
  const tell = isMainThread ? tellTest : (said: Message) => parentPort?.postMessage(said);
  tell({ started: { name, own: port, shared, pid: process.pid } });
  if (!isFirst) (isMainThread ? process : parentPort)?.on('message', (echo: unknown) => tell({ echo }));
}

function sampleOften(): void {
  const { setInterval } = globalThis;
  globalThis.setInterval = ((callback: () => void, ms?: number) =>
    setInterval(callback, ms === 10_000 ? 200 : ms)) as typeof setInterval;
}

/** Sends a message to the test; from a worker, through the primary. */
function tellTest(said: Message): void {
  process.send?.(said);
}

/** Creates the metrics of the service; the test changes them over HTTP. */
function createMetrics() {
  const { Registry, Counter, Gauge, Histogram, Summary } = promClient;
  const registry = new Registry();
  const registers = [registry];
  const labelNames = ['queue'];
  const jobs = new Counter({ name: 'jobs_total', help: 'jobs', labelNames: ['kind'], registers });
  const latency = new Histogram({ name: 'latency_seconds', help: 'latency', buckets: [0.1, 1], registers });
  new Summary({ name: 'size_bytes', help: 'size', percentiles: [0.5], registers });
  const gauges = (['sum', 'first', 'min', 'max', 'average', 'omit'] as const).map(
    (aggregator) => new Gauge({ name: `depth_${aggregator}`, help: 'depth', labelNames, aggregator, registers }),
  );
  let isFailing = false;
  let delay = 0;
  new Gauge({
    name: 'fragile',
    help: 'fails or waits on demand',
    registers,
    async collect() {
      if (delay > 0) await sleep(delay);
      if (isFailing) throw new Error('cannot be read');
      this.set(1);
    },
  });
  const moves: Record<string, (argument: string) => void> = {
    job: (kind) => jobs.inc({ kind }),
    latency: (seconds) => latency.observe(Number(seconds)),
    depth(depth) {
      for (const gauge of gauges) gauge.set({ queue: 'a' }, Number(depth));
    },
    delay(ms) {
      delay = Number(ms);
    },
    fail(whether) {
      isFailing = whether === 'true';
    },
  };
  return { registry, moves };
}
