import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import type { HistogramValue } from '../../lib/index.ts';
import { type RequestMetrics, type RequestMetricsOptions, requestMetrics } from '../../lib/sources/requests.ts';
import { requestPath, until } from './clients.ts';
import { type ExpressVersion, loadExpress } from './express-versions.ts';
import { seriesOf } from './registries.ts';
import { listen } from './serve.ts';

/** An app that is measured, and what was measured. */
export interface MeasuredService {
  readonly server: Server;
  readonly port: number;
  readonly requests: RequestMetrics;
  /** Sends a request, whose response may be cut. */
  send(path: string, method?: string): Promise<void>;
  /** The histogram's series, once nothing is in flight: `GET /users/:id 200`, with a number of requests above 1. */
  routes(): Promise<string[]>;
}

export type Build = (app: Express, express: ExpressVersion['express']) => void;

export async function measuredService(
  name: 'express' | 'express-4',
  build: Build,
  options: RequestMetricsOptions = {},
): Promise<MeasuredService> {
  const { express } = loadExpress(name);
  const app = express();
  const requests = requestMetrics(options);
  app.use(requests);
  build(app, express);
  return measuredServer(app, requests);
}

export async function measuredServer(
  app: (req: IncomingMessage, res: ServerResponse) => void,
  requests: RequestMetrics,
): Promise<MeasuredService> {
  const server = await listen(app);
  const { port } = server.address() as AddressInfo;
  return {
    server,
    port,
    requests,
    send: async (path, method) => {
      await requestPath(port, path, { method }).catch(() => undefined);
    },
    routes: () => routesOf(requests),
  };
}

/** The histogram's series, once nothing is in flight. */
export async function routesOf(requests: RequestMetrics): Promise<string[]> {
  await until(async () => (await inFlight(requests)) === 0);
  const series = Object.entries(await seriesOf(requests)).filter(([key]) => key.includes('_duration_seconds{'));
  return series.map(([key, value]) => line(key, (value as HistogramValue).count));
}

/** Number of requests in flight, of all methods. */
export async function inFlight(requests: RequestMetrics): Promise<number> {
  const series = Object.entries(await seriesOf(requests));
  return series.filter(([key]) => /in_flight|active/.test(key)).reduce((sum, [, value]) => sum + Number(value), 0);
}

function line(key: string, count: number): string {
  const values = [...key.matchAll(/="(.*?)"(?=[,}])/g)].map(([, value]) => value);
  return count === 1 ? values.join(' ') : `${values.join(' ')} ×${count}`;
}
