/** A service whose first argument is the path of a unix socket. It prints its port, and then what is decided and lost in some routers. */
export const SERVICE = `
import express from 'express';
import { Gauge, Registry } from 'prom-client';
import { metricsRouter, refuseAuthorization, trustedIp } from 'express-metrics-json';
import { dashboard } from 'express-metrics-json/dashboard';
import { promClientSource } from 'express-metrics-json/prom-client';

const registry = new Registry();
const labelNames = ['queue'];
const depth = new Gauge({ name: 'queue_depth', help: 'messages waiting', labelNames, registers: [registry] });
depth.set({ queue: 'a' }, 3);
const source = promClientSource(registry);

const samples = Array.from({ length: 5_000 }, (_, i) => ({ labels: { queue: 'q' + i }, value: i }));
function* cut() {
  yield* samples;
  throw new Error('lost');
}
const sourceOf = (all) => ({ collect: () => [{ name: 'queue_depth', type: 'gauge', labelNames, samples: all() }] });
const failing = { collect: () => Promise.reject(new Error('lost')) };

const tell = (event) => console.log(JSON.stringify(event));
const handler = (_request, response) => response.send('answered');

const app = express();
app.use(metricsRouter({ source, dashboard: dashboard() }));
app.use('/decided', metricsRouter({ source, onDecision: ({ decision, reason }) => tell({ decision, reason }) }));
app.use('/large', metricsRouter({ source: sourceOf(() => samples) }));
app.use('/cut', metricsRouter({ source: sourceOf(cut), onError: ({ phase }) => tell({ phase }) }));
app.use('/failing', metricsRouter({ source: failing }));
app.use('/unix', metricsRouter({ source, allowUnixSocket: true }));
app.use('/no-authorization', refuseAuthorization(), handler);
app.use('/trusted', trustedIp(), handler);
app.listen(process.argv[2], () => {
  const server = app.listen(0, '127.0.0.1', () => tell({ port: server.address().port }));
});
`;
