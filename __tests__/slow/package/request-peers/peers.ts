import type { RequestHandler } from 'express';
import type { HistogramValue } from '../../../../lib/index.ts';
import { requestMetrics } from '../../../../lib/sources/requests.ts';
import { collectAll } from '../../../support/collect.ts';

/** A series that counts requests; without a route, if the package gives it no such label. */
export interface Measured {
  readonly method: string;
  readonly route: string | undefined;
  readonly status: string;
  readonly count: number;
}

/** A package in the configuration that its documentation recommends. */
export interface Peer {
  /** Returns new middleware, with nothing measured. */
  middleware(): RequestHandler;
  /** Returns what the middleware has measured. */
  read(): Promise<Measured[]>;
}

type Labels = Readonly<Record<string, string | number>>;

/** A registry of prom-client, as far as it is read here. */
interface Registry {
  getMetricsAsJSON(): Promise<{ name: string; values: { labels: Labels; value: number; metricName?: string }[] }[]>;
}

type Load = NodeJS.Require;

/** Names of the labels of method, route and status. */
type Names = readonly [method: string, route: string, status: string];

/** Creates the peers by name. Each loads its package by the function that it gets. */
export const PEERS: Readonly<Record<string, (load: Load) => Peer>> = {
  'express-metrics-json': ownPeer,
  'express-prom-bundle': (load) => bundlePeer(load, {}),
  'express-prom-bundle-route': (load) =>
    // The third example of its README.
    bundlePeer(load, { normalizePath: (req: { route?: { path: string } }) => req.route?.path ?? 'NULL' }),
  'prometheus-api-metrics': (load) =>
    promClientPeer(load, 'http_request_duration_seconds', ['method', 'route', 'code'], () => ({
      middleware: load('prometheus-api-metrics')(),
      registry: load('prom-client').register,
    })),
  'swagger-stats': (load) =>
    promClientPeer(load, 'api_request_total', ['method', 'path', 'code'], () => ({
      middleware: load('swagger-stats').getMiddleware({}),
      registry: load('prom-client').register,
    })),
  opentelemetry: openTelemetryPeer,
};

function ownPeer(): Peer {
  let requests = requestMetrics();
  return {
    middleware() {
      requests = requestMetrics();
      return requests;
    },
    async read() {
      const { families } = await collectAll(requests);
      const duration = families.find(({ name }) => name === 'http_request_duration_seconds');
      return (duration?.samples ?? []).map(({ labels, value }) => ({
        method: `${labels.method}`,
        route: labels.route,
        status: `${labels.status_code}`,
        count: (value as HistogramValue).count,
      }));
    },
  };
}

/** The packages that measure with prom-client, and prom-client. */
const RELOADED = /[/\\]node_modules[/\\](?:prom-client|express-prom-bundle|prometheus-api-metrics|swagger-stats)[/\\]/;

const bundlePeer = (load: Load, options: object): Peer =>
  promClientPeer(load, 'http_request_duration_seconds', ['method', 'path', 'status_code'], () => {
    const middleware = load('express-prom-bundle')({ includeMethod: true, includePath: true, ...options });
    return { middleware, registry: load('prom-client').register };
  });

/** A package that measures with prom-client. Both are loaded again for each middleware, so that nothing is measured. */
function promClientPeer(
  load: Load,
  family: string,
  [method, route, status]: Names,
  create: () => { readonly middleware: RequestHandler; readonly registry: Registry },
): Peer {
  let registry: Registry;
  return {
    middleware() {
      for (const path of Object.keys(load.cache)) if (RELOADED.test(path)) delete load.cache[path];
      const created = create();
      registry = created.registry;
      return created.middleware;
    },
    async read() {
      const metric = (await registry.getMetricsAsJSON()).find(({ name }) => name === family);
      const counts = metric?.values.filter(({ metricName = family }) => /_(total|count)$/.test(metricName)) ?? [];
      return counts.map(({ labels, value }) => ({
        method: `${labels[method]}`,
        route: labels[route] === undefined ? undefined : `${labels[route]}`,
        status: `${labels[status]}`,
        count: value,
      }));
    },
  };
}

/** Classes of OpenTelemetry's packages, which are installed for this test only. */
interface OpenTelemetry {
  readonly NodeTracerProvider: new () => { register(): void };
  readonly MeterProvider: new (options: object) => object;
  readonly MetricReader: new (options: object) => { collect(): Promise<{ resourceMetrics: ResourceMetrics }> };
  readonly AggregationTemporality: { readonly DELTA: unknown };
  readonly HttpInstrumentation: new () => object;
  readonly ExpressInstrumentation: new () => object;
  registerInstrumentations(options: object): void;
}

interface ResourceMetrics {
  readonly scopeMetrics: readonly {
    readonly metrics: readonly {
      readonly descriptor: { readonly name: string };
      readonly dataPoints: readonly { readonly attributes: Labels; readonly value: { readonly count: number } }[];
    }[];
  }[];
}

const OPEN_TELEMETRY = [
  'instrumentation',
  'instrumentation-express',
  'instrumentation-http',
  'sdk-metrics',
  'sdk-trace-node',
];

/** The instrumentation of HTTP and of Express, which patches what is loaded after it. */
function openTelemetryPeer(load: Load): Peer {
  const sdk: OpenTelemetry = Object.assign({}, ...OPEN_TELEMETRY.map((name) => load(`@opentelemetry/${name}`)));
  class Reader extends sdk.MetricReader {
    onForceFlush = () => Promise.resolve();
    onShutdown = () => Promise.resolve();
  }
  // Each collection has only what was measured since the one before.
  const reader = new Reader({ aggregationTemporalitySelector: () => sdk.AggregationTemporality.DELTA });
  const tracerProvider = new sdk.NodeTracerProvider();
  tracerProvider.register();
  sdk.registerInstrumentations({
    tracerProvider,
    meterProvider: new sdk.MeterProvider({ readers: [reader] }),
    instrumentations: [new sdk.HttpInstrumentation(), new sdk.ExpressInstrumentation()],
  });
  load('http');
  return {
    middleware: () => (_req, _res, next) => next(),
    async read() {
      const { scopeMetrics } = (await reader.collect()).resourceMetrics;
      const metrics = scopeMetrics.flatMap((scope) => scope.metrics);
      const points = metrics.find(({ descriptor }) => descriptor.name === 'http.server.request.duration')?.dataPoints;
      return (points ?? []).map(({ attributes, value }) => ({
        method: `${attributes['http.request.method']}`,
        route: attributes['http.route'] as string | undefined,
        status: `${attributes['error.type'] ?? attributes['http.response.status_code']}`,
        count: value.count,
      }));
    },
  };
}
