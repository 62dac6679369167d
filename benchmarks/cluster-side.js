// node cluster-side.js SIDE CHILDREN WORKERS: a cluster whose workers have so many children each. It answers
// { id, command } messages as server.js does, with what a scrape of all of them takes, or stalls the primary.

import cluster from 'node:cluster';
import { createRequire } from 'node:module';
import { renderMetrics } from '../dist/esm/render.js';
import { clusterSource, setupPrimary } from '../dist/esm/sources/cluster.js';
import { promClientSource } from '../dist/esm/sources/prom-client.js';
import { promClientRegistry } from './registries.js';

const require = createRequire(import.meta.url);
const client = require('prom-client');
const [side, children, workers] = process.argv.slice(2);
const isOurs = side === 'ours';

if (cluster.isPrimary) await startPrimary();
else startWorker();

async function startPrimary() {
  if (isOurs) setupPrimary();
  const aggregator = isOurs ? undefined : new client.AggregatorRegistry();
  for (let i = 0; i < Number(workers); i++) cluster.fork();
  const all = Object.values(cluster.workers);
  await Promise.all(all.map((worker) => answerOf(worker, 'ready')));
  await ask(all, 'touch');

  // In CPU time: where workers outnumber the cores, the scheduler interrupts the primary as well, on both sides.
  let isWatching = false;
  let last = 0;
  let longest = 0;
  function watch() {
    const now = cpuTime();
    longest = Math.max(longest, now - last);
    last = now;
    if (isWatching) setImmediate(watch);
  }
  const peerScrape = async () => {
    const start = performance.now();
    const text = await aggregator.clusterMetrics();
    return { ms: performance.now() - start, bytes: Buffer.byteLength(text) };
  };
  const commands = {
    touch: () => ask(all, 'touch'),
    /** The request comes to a worker of ours, and to the primary of the peer. */
    scrape: async () => (isOurs ? (await ask(all.slice(0, 1), 'scrape'))[0] : peerScrape()),
    async stall() {
      isWatching = true;
      longest = 0;
      last = cpuTime();
      setImmediate(watch);
      await commands.scrape();
      isWatching = false;
      return longest;
    },
  };
  process.on('message', async ({ id, command }) => process.send({ id, value: (await commands[command]()) ?? null }));
  process.on('disconnect', () => process.exit());
  process.send({ port: 0 });
}

/** ms */
function cpuTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function ask(some, command) {
  for (const worker of some) worker.send({ bench: command });
  return Promise.all(some.map((worker) => answerOf(worker, command)));
}

function answerOf(worker, command) {
  return new Promise((resolve) => {
    worker.on('message', function hear({ bench, value }) {
      if (bench !== command) return;
      worker.off('message', hear);
      resolve(value);
    });
  });
}

function startWorker() {
  const { registry, touch } = promClientRegistry(client, Number(children));
  if (!isOurs) {
    client.AggregatorRegistry.setRegistries(registry);
    new client.AggregatorRegistry();
  }
  const source = isOurs ? clusterSource(promClientSource(registry)) : undefined;
  const commands = {
    touch: () => void touch(),
    async scrape() {
      const start = performance.now();
      let bytes = 0;
      const options = { format: 'prometheus-text', timeout: 60_000, onError: ({ error }) => fail(error) };
      for await (const chunk of renderMetrics(source, options).chunks) bytes += chunk.length;
      return { ms: performance.now() - start, bytes };
    },
  };
  process.on('message', async ({ bench }) => {
    if (bench !== undefined) process.send({ bench, value: (await commands[bench]()) ?? null });
  });
  process.send({ bench: 'ready' });
}

function fail(error) {
  throw error;
}
