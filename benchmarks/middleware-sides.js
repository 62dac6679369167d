import { requestMetrics } from '../dist/esm/sources/requests.js';

/** Middleware by name: each gets a function that loads a package, and returns one that prepares an app. */
export const MIDDLEWARE = {
  bare: () => () => {},
  nothing: () => (app) => app.use((_req, _res, next) => next()),
  ours: () => (app) => app.use(requestMetrics()),
  'hand-written': (load) => handWritten(load('prom-client'), false),
  'hand-written with a counter': (load) => handWritten(load('prom-client'), true),
  'express-prom-bundle': (load) => {
    const bundle = load('express-prom-bundle')({ includeMethod: true, includePath: true, includeUp: false });
    return (app) => app.use(bundle);
  },
  'prometheus-api-metrics': (load) => (app) => app.use(load('prometheus-api-metrics')()),
  'swagger-stats': (load) => (app) => app.use(load('swagger-stats').getMiddleware({})),
  opentelemetry,
};

/** What users of prom-client write. */
function handWritten({ Counter, Histogram }, hasCounter) {
  const labelNames = ['method', 'route', 'status_code'];
  const total = hasCounter && new Counter({ name: 'http_requests_total', help: 'HTTP requests.', labelNames });
  const duration = new Histogram({ name: 'http_request_duration_seconds', help: 'Duration.', labelNames });
  return (app) =>
    app.use((req, res, next) => {
      const end = duration.startTimer();
      res.on('finish', () => {
        const route = req.route ? req.baseUrl + req.route.path : 'unmatched';
        const labels = { method: req.method, route, status_code: res.statusCode };
        if (hasCounter) total.inc(labels);
        end(labels);
      });
      next();
    });
}

/** The instrumentation of HTTP and of Express, which patches what is loaded after it. Only metrics are exported. */
function opentelemetry(load) {
  const { MeterProvider, MetricReader } = load('@opentelemetry/sdk-metrics');
  const { NodeTracerProvider } = load('@opentelemetry/sdk-trace-node');
  class Reader extends MetricReader {
    onForceFlush = () => Promise.resolve();
    onShutdown = () => Promise.resolve();
  }
  const tracerProvider = new NodeTracerProvider();
  tracerProvider.register();
  load('@opentelemetry/instrumentation').registerInstrumentations({
    tracerProvider,
    meterProvider: new MeterProvider({ readers: [new Reader()] }),
    instrumentations: [
      new (load('@opentelemetry/instrumentation-http').HttpInstrumentation)(),
      new (load('@opentelemetry/instrumentation-express').ExpressInstrumentation)(),
    ],
  });
  load('http');
  return () => {};
}
