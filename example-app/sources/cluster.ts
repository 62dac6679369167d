// node example-app/dist/sources/cluster.js: two workers on one port. Either of them answers for both.

import cluster from 'node:cluster';
import express from 'express';
import { metricsRouter } from 'express-metrics-json';
import { clusterSource, setupPrimary } from 'express-metrics-json/cluster';
import { promClientSource } from 'express-metrics-json/prom-client';
import { Counter, Registry } from 'prom-client';

const port = Number(process.env.PORT ?? 3000);

if (cluster.isPrimary) startPrimary();
else startWorker();

function startPrimary(): void {
  setupPrimary();
  for (let i = 0; i < 2; i++) cluster.fork();
  // The counts of a worker that has exited stay in the sums. The next worker adds to them.
  cluster.on('exit', ({ exitedAfterDisconnect }) => exitedAfterDisconnect || cluster.fork());
}

function startWorker(): void {
  const registry = new Registry();
  const served = new Counter({ name: 'greetings_total', help: 'requests for /', registers: [registry] });
  const source = promClientSource(registry);
  const app = express();
  app.use(metricsRouter({ source: clusterSource(source) }));
  // The same workers, each with its own series.
  app.use(metricsRouter({ path: '/workers', source: clusterSource(source, { workerLabel: 'worker' }) }));
  app.get('/', (_req, res) => {
    served.inc();
    res.send(`hello from worker ${cluster.worker?.id}\n`);
  });
  const server = app.listen(port, '127.0.0.1', () => {
    const address = server.address();
    const actual = typeof address === 'object' ? address?.port : port;
    console.log(`worker ${cluster.worker?.id}: http://127.0.0.1:${actual}/metrics.json and /workers.json`);
  });
}
