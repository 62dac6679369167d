import compression from 'compression';
import cors from 'cors';
import type { Application, ErrorRequestHandler, RequestHandler } from 'express';
import helmet from 'helmet';
import type { MetricFamily, MetricsRouterOptions, MetricsSource } from '../../lib/index.ts';
import { type HttpResponse, portOf, requestPath } from '../support/clients.ts';
import { EXPRESS_VERSIONS, loadExpress } from '../support/express-versions.ts';
import { largeFamily, queueDepth, samplesThatFail } from '../support/scrape-sources.ts';
import { closeServers, watchWarnings } from '../support/serve.ts';

// Other middleware of the app must not change the endpoints' responses.

const source: MetricsSource = {
  *collect({ wants }) {
    const failing = { ...queueDepth, samples: samplesThatFail(0, new Error('cannot reach db.internal')) };
    if (!wants('queue_depth')) yield { ...failing, name: 'failing' };
    else yield queueDepth;
    if (wants('large')) yield largeFamily(100);
  },
};

const requests: { what: string; path: string; method?: string; headers?: Record<string, string>; status: number }[] = [
  { what: 'a small document', path: '/metrics.json?exclude[]=large', status: 200 },
  { what: 'a small text', path: '/metrics?exclude[]=large', status: 200 },
  { what: 'a large document', path: '/metrics.json', status: 200 },
  { what: 'a large text', path: '/metrics', status: 200 },
  { what: 'HEAD', path: '/metrics.json', method: 'HEAD', status: 200 },
  { what: 'OPTIONS', path: '/metrics.json', method: 'OPTIONS', status: 204 },
  { what: 'another method', path: '/metrics.json', method: 'POST', status: 405 },
  { what: 'a refusal', path: '/metrics.json', headers: { Authorization: 'Bearer 1' }, status: 403 },
  { what: 'a proxied request', path: '/metrics', headers: { 'X-Forwarded-For': '127.0.0.1' }, status: 403 },
  { what: 'a malformed query', path: '/metrics?name[]=', status: 400 },
  { what: 'a nested query', path: '/metrics?name[a]=x&exclude[]=large', status: 200 },
  { what: 'a failure', path: '/metrics.json?name[]=failing', status: 500 },
  { what: 'a conditional request', path: '/metrics?exclude[]=large', headers: { 'If-None-Match': '*' }, status: 200 },
  {
    what: 'an own origin',
    path: '/metrics?exclude[]=large',
    headers: { Host: 'a.localhost', Origin: 'http://a.localhost' },
    status: 200,
  },
];

const codings = ['identity', 'gzip', 'deflate'];

interface InFront {
  name: string;
  handler: (express: typeof import('express')) => RequestHandler;
  /** Whether it responds to OPTIONS itself. */
  takesOptions?: true;
}

const setting =
  (name: string, value: string): RequestHandler =>
  (_req, res, next) => {
    res.setHeader(name, value);
    next();
  };

const middleware: InFront[] = [
  { name: 'compression()', handler: () => compression() },
  { name: 'compression({ threshold: 0 })', handler: () => compression({ threshold: 0 }) },
  { name: 'cors()', handler: () => cors(), takesOptions: true },
  { name: 'cors({ preflightContinue: true })', handler: () => cors({ origin: true, preflightContinue: true }) },
  { name: 'helmet()', handler: () => helmet() as RequestHandler },
  { name: 'express.json()', handler: (express) => express.json() },
  { name: 'express.urlencoded()', handler: (express) => express.urlencoded({ extended: true }) },
  { name: 'an ETag', handler: () => setting('ETag', '"1"') },
  { name: 'another Vary', handler: () => setting('Vary', 'Cookie') },
  { name: 'a Cache-Control', handler: () => setting('Cache-Control', 'public, max-age=3600') },
  { name: 'a status', handler: () => (_req, res, next) => next(void res.status(418)) },
];

const settings: [string, unknown][] = [
  ['json spaces', 2],
  ['json replacer', () => 'replaced'],
  ['json escape', true],
  ['etag', 'strong'],
  ['query parser', 'extended'],
  ['query parser', false],
  ['query parser', () => ({ 'name[]': ['nothing'] })],
  ['strict routing', true],
  ['case sensitive routing', true],
  ['trust proxy', true],
  ['trust proxy', 'loopback'],
];

describe.each(EXPRESS_VERSIONS)('with %s', (version) => {
  const { express, library } = loadExpress(version);

  function appWith(prepare: (app: Application) => void, options: Partial<MetricsRouterOptions> = {}): Application {
    const app = express();
    app.disable('x-powered-by');
    prepare(app);
    app.use(library.metricsRouter({ source, ...options }));
    return app;
  }

  /** Returns every response of an app, by request and coding. */
  async function answersOf(app: Application): Promise<Map<string, HttpResponse>> {
    const port = await portOf(app);
    const answers = new Map<string, HttpResponse>();
    for (const { what, path, method, headers } of requests) {
      for (const coding of codings) {
        const answer = await requestPath(port, path, { method, headers: { ...headers, 'Accept-Encoding': coding } });
        answers.set(`${what}, ${coding}`, answer);
      }
    }
    return answers;
  }

  let bare: Map<string, HttpResponse>;
  beforeAll(async () => {
    watchWarnings();
    bare = await answersOf(appWith(() => {}));
    await closeServers();
  });

  test('each request gets the expected status', () => {
    for (const { what, status } of requests) {
      for (const coding of codings) expect([what, bare.get(`${what}, ${coding}`)?.status]).toEqual([what, status]);
    }
  });

  test.each(middleware)('$name before the router changes nothing', async ({ handler, takesOptions }) => {
    const answers = await answersOf(appWith((app) => app.use(handler(express))));
    for (const [request, expected] of bare) {
      if (takesOptions && request.startsWith('OPTIONS')) continue;
      const { status, text, body, headers } = answers.get(request)!;
      expect([request, status, text]).toEqual([request, expected.status, expected.text]);
      // compression() may have compressed other responses.
      const isOurs = headers['content-encoding'] === expected.headers['content-encoding'];
      if (isOurs) expect(body.equals(expected.body)).toBe(true);
      for (const name of ['content-type', 'cache-control', 'etag', 'allow', 'retry-after']) {
        expect([request, name, headers[name]]).toEqual([request, name, expected.headers[name]]);
      }
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });

  test.each(settings)("the app's setting %s = %p changes nothing", async (name, value) => {
    const answers = await answersOf(appWith((app) => app.set(name, value)));
    for (const [request, { status, headers, body }] of bare) {
      const answer = answers.get(request)!;
      expect([request, answer.status]).toEqual([request, status]);
      expect(answer.body.equals(body)).toBe(true);
      expect({ ...answer.headers, date: '' }).toEqual({ ...headers, date: '' });
    }
  });

  test("the app's error handler and its 404 are not called", async () => {
    const app = appWith(() => {});
    const handled = jest.fn();
    const onError: ErrorRequestHandler = (_error, _req, res, _next) => res.status(502).send(String(handled()));
    app.use((_req, res) => res.status(404).send(String(handled())));
    app.use(onError);
    const answers = await answersOf(app);
    for (const [request, { status, body }] of bare) {
      expect([request, answers.get(request)?.status]).toEqual([request, status]);
      expect(answers.get(request)?.body.equals(body)).toBe(true);
    }
    expect(handled).not.toHaveBeenCalled();
  });

  test('compression() works with compression: false, without accumulating listeners', async () => {
    let on: jest.SpyInstance | undefined;
    const watchListeners: RequestHandler = (_req, res, next) => {
      on = jest.spyOn(res, 'on');
      next();
    };
    const large = { source: { collect: () => [largeFamily(3_000)] }, compression: false };
    const port = await portOf(appWith((app) => app.use(compression(), watchListeners), large));
    const expected = await requestPath(port, '/metrics.json');
    for (const coding of ['gzip', 'br', 'deflate']) {
      const { headers, text } = await requestPath(port, '/metrics.json', { headers: { 'Accept-Encoding': coding } });
      expect(headers['content-encoding']).toBe(coding);
      expect(text === expected.text).toBe(true);
      expect(on?.mock.calls.filter(([event]) => event === 'drain')).toHaveLength(1);
    }
  });

  test('several routers in one app have separate sources, paths, lists and mount points', async () => {
    const app = express();
    const gauge = (name: string): MetricFamily => ({ name, type: 'gauge', samples: [{ labels: {}, value: 1 }] });
    const { metricsRouter } = library;
    app.use(metricsRouter({ source: { collect: () => [gauge('root')] } }));
    app.use(metricsRouter({ source: { collect: () => [gauge('other')] }, path: '/internal/stats' }));
    app.use('/admin', metricsRouter({ source: { collect: () => [gauge('admin')] } }));
    app.use('/closed', metricsRouter({ source: { collect: () => [gauge('closed')] }, trustedHosts: [] }));
    const nested = express.Router().use('/b', metricsRouter({ source: { collect: () => [gauge('nested')] } }));
    app.use('/a', nested);
    const port = await portOf(app);
    const mounted = {
      '/metrics': 'root',
      '/internal/stats': 'other',
      '/admin/metrics': 'admin',
      '/a/b/metrics': 'nested',
    };
    for (const [path, name] of Object.entries(mounted)) {
      expect((await requestPath(port, path)).text).toBe(`# TYPE ${name} gauge\n${name} 1\n`);
      expect(Object.keys(JSON.parse((await requestPath(port, `${path}.json?name[]=${name}`)).text))).toEqual([name]);
    }
    expect((await requestPath(port, '/closed/metrics')).status).toBe(403);
    for (const path of ['/internal/stats/', '/METRICS', '/metrics.json/', '/admin', '/a/metrics', '/metrics/root']) {
      expect([path, (await requestPath(port, path)).status]).toEqual([path, 404]);
    }
  });

  test('one router can be mounted in several places', async () => {
    const app = express();
    const router = library.metricsRouter({ source: { collect: () => [queueDepth] } });
    app.use('/one', router).use('/two', router);
    const port = await portOf(app);
    expect((await requestPath(port, '/one/metrics')).text).toBe((await requestPath(port, '/two/metrics')).text);
  });
});
