// node server.js SIDE CHILDREN: serves one side on loopback; on 'measure' and 'report' messages it says how the
// event loop and the memory fared in between. Prints nothing; sends { port } when it listens.

import { createRequire } from 'node:module';
import express from 'express';
import { metricsRouter } from '../dist/esm/index.js';
import { promClientSource } from '../dist/esm/sources/prom-client.js';
import { ownRegistry, plainSource, promClientRegistry } from './registries.js';

const require = createRequire(import.meta.url);
const [side, children] = process.argv.slice(2);
/** For content that changes by itself. */
const IDLE = { touch() {}, *touching() {} };
const app = express();
const { touch, touching } = sides()[side](Number(children));

function sides() {
  const ours = { compression: false, stallTimeout: 600_000, maxInFlight: 16 };
  return {
    'ours, prom-client'(n) {
      const { registry, ...touches } = promClientRegistry(require('prom-client'), n);
      app.use(metricsRouter({ ...ours, source: promClientSource(registry) }));
      return touches;
    },
    'ours, plain'(n) {
      const { source, ...touches } = plainSource(n);
      app.use(metricsRouter({ ...ours, source }));
      return touches;
    },
    'ours, registry'(n) {
      const { registry, ...touches } = ownRegistry(n);
      app.use(metricsRouter({ ...ours, source: registry }));
      return touches;
    },
    'prom-client'(n) {
      const { registry, ...touches } = promClientRegistry(require('prom-client'), n);
      app.get('/metrics', async (_req, res) => res.type(registry.contentType).send(await registry.metrics()));
      app.get('/metrics.json', async (_req, res) => res.json(await registry.getMetricsAsJSON()));
      return touches;
    },
    'ours, default metrics'() {
      const { Registry, collectDefaultMetrics } = require('prom-client');
      const register = new Registry();
      collectDefaultMetrics({ register });
      app.use(metricsRouter({ ...ours, source: promClientSource(register) }));
      return IDLE;
    },
    'prom-client, default metrics'() {
      const { Registry, collectDefaultMetrics } = require('prom-client');
      const register = new Registry();
      collectDefaultMetrics({ register });
      app.get('/metrics', async (_req, res) => res.type(register.contentType).send(await register.metrics()));
      return IDLE;
    },
    'express-prom-bundle'(n) {
      const { registry, ...touches } = promClientRegistry(require('prom-client'), n);
      app.use(require('express-prom-bundle')({ promRegistry: registry, includeUp: false, metricsPath: '/metrics' }));
      return touches;
    },
  };
}

app.get('/other', (_req, res) => res.send('ok'));

let isWatching = false;
let last = 0;
let longest = 0;
function watch() {
  const now = performance.now();
  longest = Math.max(longest, now - last);
  last = now;
  if (isWatching) setImmediate(watch);
}

/** Everything that lives outside of garbage. */
function live() {
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const commands = {
  touch: () => void touch(),
  /**
   * Moves what touch() has allocated to the old generation. The first two scavenges do so anyway, whatever fills the
   * young one: they would be measured as stalls of the scrape, and are the work of a million updates in one turn.
   */
  settle() {
    for (let i = 0; i < 2; i++) globalThis.gc({ type: 'minor' });
  },
  /** As a service does while it works: a little in each turn of the event loop. */
  async touchSlowly() {
    for (const _ of touching()) await new Promise(setImmediate);
  },
  watch() {
    isWatching = true;
    longest = 0;
    last = performance.now();
    setImmediate(watch);
  },
  longest() {
    isWatching = false;
    return longest;
  },
  live,
  /** What the process has used so far, in ms. */
  cpu() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};
process.on('message', async ({ id, command }) => process.send({ id, value: (await commands[command]()) ?? null }));
const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit());
