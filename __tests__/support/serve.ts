import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { ListenOptions, Server as TcpServer } from 'node:net';
import express from 'express';
import type { AccessDecision, MetricFamily, MetricsRouter, MetricsRouterOptions } from '../../lib/index.ts';
import { metricsRouter } from '../../lib/index.ts';

const open = new Set<Server>();

/** Listens on a free loopback port or on another server's handle. Call `closeServers` after each test. */
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

/** Closes the servers of `listen` and all connections to them. */
export async function closeServers(): Promise<void> {
  const closed = [...open].map((server) => once(server, 'close'));
  for (const server of open) {
    server.close();
    server.closeAllConnections();
  }
  open.clear();
  await Promise.all(closed);
}

/** An app with the endpoints, and the decisions they reported. */
export interface MetricsService {
  readonly server: Server;
  readonly router: MetricsRouter;
  readonly decisions: AccessDecision[];
  /** The source's method; its calls show whether a request was let in. */
  readonly collect: jest.Mock<MetricFamily[] | Promise<MetricFamily[]>>;
}

const up: MetricFamily = { name: 'up', type: 'gauge', samples: [{ labels: {}, value: 1 }] };

/** Serves one gauge, `up`, from an Express 5 app. */
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

/** Mocks process warnings, so that tests can read them. */
export function watchWarnings(): jest.SpyInstance {
  return jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
}
