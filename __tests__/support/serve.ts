import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { ListenOptions, Server as TcpServer } from 'node:net';
import express from 'express';
import type { AccessDecision, MetricFamily, MetricsRouter, MetricsRouterOptions } from '../../lib/index.ts';
import { metricsRouter } from '../../lib/index.ts';

const open = new Set<Server>();

/** Listens on loopback, on a free port, or where another server does. Every test file closes with `afterEach(closeServers)`. */
export async function listen(
  app: RequestListener,
  on: ListenOptions | TcpServer = { host: '127.0.0.1', port: 0 },
  options: ServerOptions = {},
): Promise<Server> {
  const server = createServer(options, app).listen(on);
  open.add(server);
  await once(server, 'listening');
  return server;
}

/** Closes what `listen` opened, and every connection to it. */
export async function closeServers(): Promise<void> {
  const closed = [...open].map((server) => once(server, 'close'));
  for (const server of open) {
    server.close();
    server.closeAllConnections();
  }
  open.clear();
  await Promise.all(closed);
}

/** An app with the endpoints, and what they told while they ran. */
export interface MetricsService {
  readonly server: Server;
  readonly router: MetricsRouter;
  readonly decisions: AccessDecision[];
  /** The source's method: how often it was called says whether anybody got through to it. */
  readonly collect: jest.Mock<MetricFamily[] | Promise<MetricFamily[]>>;
}

const up: MetricFamily = { name: 'up', type: 'gauge', samples: [{ labels: {}, value: 1 }] };

/** Serves one gauge, `up`, from an app of Express 5 with nothing else in it. */
export async function serveMetrics(
  options: Partial<MetricsRouterOptions> = {},
  on?: ListenOptions,
): Promise<MetricsService> {
  const decisions: AccessDecision[] = [];
  const collect = jest.fn(() => [up]);
  const router = metricsRouter({
    source: { collect },
    onDecision: (decision) => decisions.push(decision),
    ...options,
  });
  return { server: await listen(express().use(router), on), router, decisions, collect };
}

/** Keeps warnings off the terminal, for tests to read. */
export function watchWarnings(): jest.SpyInstance {
  return jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
}
