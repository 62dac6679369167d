import { once } from 'node:events';
import { Agent, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import express from 'express';
import { metricsRouter } from '../../../lib/index.ts';
import { processMetrics } from '../../../lib/sources/process.ts';
import { type RequestMetrics, requestMetrics } from '../../../lib/sources/requests.ts';
import { activeTimeouts } from '../../support/active-timeouts.ts';
import { connections, requestPath, until } from '../../support/clients.ts';
import { getKeptAlive } from '../../support/keep-alive.ts';
import { inFlight, routesOf } from '../../support/measured.ts';
import { leastGrowth, listenersOf, MIB, watchNodeWarnings } from '../../support/released.ts';
import { fail } from '../../support/route-cases.ts';
import { listen } from '../../support/serve.ts';

const ROUNDS = 1_000;
const SOCKETS = 4;
const PIPELINED = 20;

/** Serves both sources, and orders that come at once, in two parts, with an error, or never. */
async function serve(): Promise<{ server: Server; port: number; requests: RequestMetrics }> {
  const requests = requestMetrics({ sizes: true });
  const app = express();
  app.use(metricsRouter({ source: [requests, processMetrics({ gc: true, eventLoop: true })] }));
  app.use(requests);
  const router = express.Router();
  router.get('/orders/:id', (_req, res) => void res.json({}));
  router.get('/parts/:id', (_req, res) => {
    res.write('a part');
    setImmediate(() => res.end('the rest'));
  });
  router.get('/broken/:id', fail);
  router.get('/never/:id', () => undefined);
  app.use('/tenants/:tenant', router);
  app.use((_error: unknown, _req: unknown, res: express.Response, _next: unknown) => void res.status(500).end());
  const server = await listen(app);
  // The connections are to be open at the end.
  server.keepAliveTimeout = 0;
  return { server, port: (server.address() as AddressInfo).port, requests };
}

const textOf = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** Sends requests on one connection without waiting, and leaves when the first byte of a response has come, if any does. */
async function pipelineAndLeave(port: number, paths: readonly string[], isAnswered: boolean): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.write(paths.map(textOf).join(''));
  await once(socket, isAnswered ? 'data' : 'connect');
  socket.destroy();
}

/** Requests of every kind and ending, none with a path of another round. */
async function sendRound(port: number, agent: Agent, n: number): Promise<void> {
  const tenant = `/tenants/${n}`;
  const times = (path: string) => Array.from({ length: PIPELINED }, (_, i) => `${tenant}${path}/${i}`);
  await Promise.all([
    ...['/orders/1', '/parts/1', '/broken/1', '/nothing'].map((path) => getKeptAlive(port, agent, `${tenant}${path}`)),
    pipelineAndLeave(port, [...times('/orders'), ...times('/never')], true),
    pipelineAndLeave(port, times('/never'), false),
    n % 20 === 0 ? requestPath(port, '/metrics') : undefined,
  ]);
}

test('mixed traffic, pipelined, aborted and on kept connections, leaves no memory, listener, timer or request in flight', async () => {
  const warnings = watchNodeWarnings();
  const { server, port, requests } = await serve();
  const sockets: Socket[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  const isAtRest = async () => (await inFlight(requests)) === 0 && (await connections(server)) === SOCKETS;
  server.on('connection', (socket: Socket) => {
    // Those of the agent come first.
    if (sockets.length < SOCKETS) sockets.push(socket);
  });
  await Promise.all(Array.from({ length: SOCKETS }, () => getKeptAlive(port, agent, '/tenants/0/parts/1')));
  for (let n = 0; n < ROUNDS / 10; n++) await sendRound(port, agent, n);
  await until(isAtRest);
  const listeners = sockets.map(listenersOf);
  const timeouts = activeTimeouts();

  const grown = await leastGrowth(async (run) => {
    const first = (0.1 + 0.3 * run) * ROUNDS;
    for (let n = 0; n < 0.3 * ROUNDS; n++) await sendRound(port, agent, first + n);
    await until(isAtRest);
  });
  expect(sockets.map(listenersOf)).toEqual(listeners);
  await until(() => activeTimeouts() <= timeouts);
  // A run has 13,000 requests: 20 bytes of each would be 0.25 MiB.
  expect(grown).toBeLessThan(0.25 * MIB);
  expect(warnings.seen).toEqual([]);
  // Of the pipelined ones that are answered, the client may leave before the last.
  const series = (await routesOf(requests)).map((text) => text.replace(/\/(?:orders|never)(\/.*) ×\d+$/, '/…$1'));
  expect([...new Set(series)].sort()).toEqual([
    'GET /tenants/:tenant/broken/:id 500 ×1000',
    'GET /tenants/:tenant/parts/:id 200 ×1004',
    'GET /tenants/:tenant/…/:id 200',
    'GET /tenants/:tenant/…/:id 499',
    'GET unmatched 404 ×1000',
  ]);
  warnings.stop();
  agent.destroy();
});
