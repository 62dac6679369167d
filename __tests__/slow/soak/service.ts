import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { type MetricsSource, metricsRouter, type Sample } from '../../../lib/index.ts';
import { processMetrics } from '../../../lib/sources/process.ts';
import { requestMetrics } from '../../../lib/sources/requests.ts';

// The service that is soaked, in a process of its own. Its source fails now and then; it tells its parent how it is.

const FAMILIES = 50;
const SERIES = 10;

let scrapes = 0;
const crashes: string[] = [];
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => crashes.push(`${event}: ${error}`));
}
process.on('warning', () => {});

const labels = Array.from({ length: SERIES }, (_, i) => ({ queue: `queue-${i}`, zone: `zone-${i % 4}` }));

function* samples(fails: boolean): Generator<Sample> {
  for (const [i, one] of labels.entries()) {
    if (fails && i === SERIES / 2) throw new Error('the database went away');
    yield { labels: one, value: scrapes * i };
  }
}

/** Of 100 scrapes one hangs, one fails at once, and two fail in the middle. */
async function* collect() {
  const turn = ++scrapes % 100;
  if (turn === 10) await sleep(60_000, undefined, { ref: false });
  if (turn === 30) throw new Error('no database');
  for (let i = 0; i < FAMILIES; i++) {
    const fails = (turn === 50 && i === 0) || (turn === 70 && i === FAMILIES - 1);
    yield { name: `soaked_${i}`, type: 'gauge' as const, labelNames: ['queue', 'zone'], samples: samples(fails) };
  }
}

/** A scrape that wants none of the families takes no turn, and so is never one of those that are spoilt. */
const source: MetricsSource = { collect: ({ wants }) => (wants('soaked_0') ? collect() : []) };

const requests = requestMetrics({ sizes: true });
const orders = express.Router();
orders.get('/orders/:id', (_req, res) => void res.json({}));
orders.get('/parts/:id', (_req, res) => {
  res.write('a part');
  setImmediate(() => res.end('the rest'));
});
orders.get('/broken/:id', (_req, _res, next) => next(new Error('expected by this test')));
orders.get('/never/:id', () => undefined);

const app = express();
app.use(metricsRouter({ source, timeout: 1000, maxInFlight: 50, selfMetrics: true }));
// Another document: the source above spoils its own.
const both = [requests, processMetrics({ gc: true, eventLoop: true })];
app.use(metricsRouter({ path: '/requests', source: both }));
app.use(requests);
app.use('/tenants/:tenant', orders);
app.use((_error: unknown, _req: unknown, res: express.Response, _next: unknown) => void res.status(500).end());
const server = app.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));

// A client that sends just when its idle connection is closed gets an error, which a busy machine makes likely.
server.keepAliveTimeout = 0;

process.on('message', () => {
  globalThis.gc?.();
  globalThis.gc?.();
  const resources = process.getActiveResourcesInfo();
  const sockets = resources.filter((name) => name === 'TCPSocketWrap').length;
  process.send?.({ heap: process.memoryUsage().heapUsed, sockets, scrapes, crashes });
});
