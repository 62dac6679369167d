import { request } from 'node:http';
import type { Socket } from 'node:net';
import type { HistogramValue } from '../../lib/index.ts';
import { type RequestMetricsOptions, requestMetrics } from '../../lib/sources/requests.ts';
import { connectRaw, until } from '../support/clients.ts';
import { collectAll } from '../support/collect.ts';
import { EXPRESS_VERSIONS, loadExpress } from '../support/express-versions.ts';
import { inFlight, measuredServer, measuredService } from '../support/measured.ts';
import { render, seriesOf } from '../support/registries.ts';
import { closeServers, watchWarnings } from '../support/serve.ts';

let warnings: jest.SpyInstance;
beforeEach(() => {
  warnings = watchWarnings();
});
afterEach(closeServers);
afterEach(() => jest.restoreAllMocks());

const DURATION = 'http_request_duration_seconds';
const ok = (_req: unknown, res: { end(): void }) => res.end();

const namesOf = async (options: RequestMetricsOptions) =>
  (await collectAll(requestMetrics(options))).families.map(({ name, labelNames }) => `${name}(${labelNames})`);

describe.each(EXPRESS_VERSIONS)('with %s', (version) => {
  test('a request is in flight until its response is closed, and not measured before', async () => {
    let finish = () => {};
    const service = await measuredService(version, (app) =>
      app.get('/slow', (_req, res) => {
        res.write('a part');
        finish = () => res.end();
      }),
    );
    const sent = service.send('/slow');
    await until(async () => (await inFlight(service.requests)) === 1);
    expect(Object.keys(await seriesOf(service.requests)).filter((key) => key.startsWith(DURATION))).toEqual([]);
    finish();
    await sent;
    expect(await service.routes()).toEqual(['GET /slow 200']);
  });

  test.each([
    ['before the handler answers', (_res: { write(text: string): void }) => {}],
    ['while the response is sent', (res: { write(text: string): void }) => res.write('a part')],
  ])('a client that disconnects %s counts as 499', async (_when, begin) => {
    const service = await measuredService(version, (app) => app.get('/users/:id', (_req, res) => begin(res)));
    const client = request({ port: service.port, path: '/users/7', agent: false }).on('error', () => undefined);
    client.end();
    await until(async () => (await inFlight(service.requests)) === 1);
    client.destroy();
    expect(await service.routes()).toEqual(['GET /users/:id 499']);
  });

  test('a response that the service destroys does not count as a success', async () => {
    const service = await measuredService(version, (app) =>
      app.get('/cut', (_req, res) => {
        res.write('a part');
        res.destroy();
      }),
    );
    await service.send('/cut');
    expect(await service.routes()).toEqual(['GET /cut 499']);
  });

  test('a client that has disconnected before the middleware is called counts as 499', async () => {
    const { express } = loadExpress(version);
    const requests = requestMetrics();
    const app = express();
    app.use((req, _res, next) => void req.socket.once('close', () => setImmediate(next)));
    app.use(requests);
    app.get('/late', ok);
    const service = await measuredServer(app, requests);
    const client = request({ port: service.port, path: '/late', agent: false }).on('error', () => undefined);
    client.end();
    client.once('socket', (socket) => socket.once('connect', () => setTimeout(() => client.destroy(), 50)));
    await until(async () => Object.keys(await seriesOf(requests)).some((key) => key.startsWith(DURATION)));
    expect(await service.routes()).toEqual(['GET unmatched 499']);
  });

  test('pipelined requests whose connection closes are not in flight any more', async () => {
    const service = await measuredService(version, (app) => app.get('/never', () => undefined));
    const text = 'GET /never HTTP/1.1\r\nHost: a\r\n\r\n';
    const client = connectRaw(service.port, text.repeat(20));
    await until(async () => (await inFlight(service.requests)) === 20);
    client.socket.destroy();
    expect(await service.routes()).toEqual(['GET /never 499 ×20']);
    expect(warnings).not.toHaveBeenCalled();
  });

  test('pipelined requests leave nothing on a connection that stays open', async () => {
    const sockets = new Set<Socket>();
    const service = await measuredService(version, (app) =>
      app.get('/later', (req, res) => {
        sockets.add(req.socket);
        setImmediate(() => res.end());
      }),
    );
    connectRaw(service.port, 'GET /later HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(5));
    await until(async () => (await service.routes())[0] === 'GET /later 200 ×5');
    const [socket] = sockets;
    expect(sockets.size).toBe(1);
    expect(socket?.listeners('close').map(({ name }) => name)).not.toContain('notifyAll');
  });

  test('handlers see what they see without it', async () => {
    const seen: unknown[] = [];
    const build = (app: import('express').Express, express: typeof import('express')) => {
      const router = express.Router({ mergeParams: true });
      router.use('/:b', (req, _res, next) => next(void seen.push([req.baseUrl, req.url, { ...req.params }])));
      router.get('/:b/:c', (req, res) => {
        seen.push([req.baseUrl, req.url, { ...req.params }, req.route.path, Object.keys(req).filter(isOfRouting)]);
        res.end();
      });
      app.use('/a', router);
    };
    const isOfRouting = (key: string) => ['baseUrl', 'params', 'route', 'originalUrl', 'next'].includes(key);
    const { express } = loadExpress(version);
    const bare = express();
    build(bare, express as never);
    await (await measuredServer(bare, requestMetrics())).send('/a/1/2');
    await (await measuredService(version, build as never)).send('/a/1/2');
    expect(seen).toHaveLength(4);
    expect(seen.slice(2)).toEqual(seen.slice(0, 2));
  });

  test.each(['router', 'sub-app'])('in a %s, it measures the first request as every other one', async (kind) => {
    const { express } = loadExpress(version);
    const requests = requestMetrics();
    const inner = kind === 'router' ? express.Router() : express();
    inner.use(requests);
    inner.get('/orders/:id', ok);
    const app = express();
    app.get('/outside', ok);
    app.use('/tenants/:tenant', inner as never);
    const service = await measuredServer(app, requests);
    for (const path of ['/tenants/acme/orders/7', '/tenants/tenants/orders/8', '/outside']) await service.send(path);
    expect(await service.routes()).toEqual(['GET /tenants/:tenant/orders/:id 200 ×2']);
  });

  test('several apps, and routers that are created again, share one instance', async () => {
    const requests = requestMetrics();
    for (let n = 0; n < 3; n++) {
      const { express } = loadExpress(version);
      const app = express();
      app.use(requests);
      app.use('/users', express.Router().get('/:id', ok));
      await (await measuredServer(app, requests)).send('/users/7');
    }
    const { routes } = await measuredServer(ok, requests);
    expect(await routes()).toEqual(['GET /users/:id 200 ×3']);
  });

  test('an instance that is mounted twice counts a request once, and two instances count it each', async () => {
    const { express } = loadExpress(version);
    const [one, other] = [requestMetrics(), requestMetrics()];
    const app = express();
    app.use(one, other);
    app.use(one);
    app.get('/users/:id', ok);
    const service = await measuredServer(app, one);
    for (let n = 0; n < 2; n++) await service.send('/users/7');
    expect(await service.routes()).toEqual(['GET /users/:id 200 ×2']);
    expect(await (await measuredServer(app, other)).routes()).toEqual(['GET /users/:id 200 ×2']);
  });

  test('2,000 hostile paths, methods and headers create two series', async () => {
    const service = await measuredService(version, (app) => app.use('/t/:tenant', (_req, _res, next) => next()));
    const texts = Array.from({ length: 2_000 }, (_, i) => {
      const method = ['GET', 'PROPFIND', 'REPORT'][i % 3];
      return `${method} /t/${i}/%2e%2e/${'x'.repeat(i % 99)}?q=${i} HTTP/1.1\r\nHost: h${i}\r\nX-${i}: ${i}\r\n\r\n`;
    });
    const client = connectRaw(service.port, `${texts.join('')}GET / HTTP/1.0\r\n\r\n`);
    client.read();
    await client.closed;
    expect((await service.routes()).sort()).toEqual(['GET unmatched 404 ×668', '_OTHER unmatched 404 ×1333']);
  });
});

describe('options', () => {
  const users = (options: RequestMetricsOptions) =>
    measuredService('express', (app) => app.get(['/users/:id', '/b', '/c'], ok), options);

  test('maxRoutes limits the routes, and counts requests of others', async () => {
    const service = await users({ maxRoutes: 2 });
    for (const path of ['/users/1', '/b', '/c', '/c', '/nothing']) await service.send(path);
    expect(await service.routes()).toEqual([
      'GET /users/:id 200',
      'GET /b 200',
      'GET other 200 ×2',
      'GET unmatched 404',
    ]);
    expect(await seriesOf(service.requests)).toMatchObject({ http_routes_dropped_total: 2 });
    expect(warnings.mock.calls).toEqual([
      [
        'requestMetrics: there are 2 routes (maxRoutes); requests of further ones count as "other" (once; http_routes_dropped_total counts them)',
        'MetricsLossWarning',
      ],
    ]);
  });

  test('maxLabelSets limits the label sets', async () => {
    const service = await users({ maxLabelSets: 1 });
    for (const path of ['/users/1', '/b', '/c']) await service.send(path);
    expect(await service.routes()).toEqual(['GET /users/:id 200', 'other other other ×2']);
    expect(warnings.mock.calls).toEqual([
      [
        'requestMetrics: the family "http_request_duration_seconds" has 1 series (maxLabelSets); updates of further ones count in the series whose label values are "other" (once per family; metrics_series_dropped_total counts them)',
        'MetricsLossWarning',
      ],
    ]);
  });

  test('ignore leaves requests out', async () => {
    const service = await users({ ignore: (req) => req.url === '/b' });
    for (const path of ['/users/1', '/b']) await service.send(path);
    expect(await service.routes()).toEqual(['GET /users/:id 200']);
  });

  test('route replaces the detected route, within maxRoutes', async () => {
    const service = await users({ maxRoutes: 2, route: ({ url }) => (url === '/b' ? undefined : `mine${url}`) });
    for (const path of ['/users/1', '/b', '/x', '/y']) await service.send(path);
    expect(await service.routes()).toEqual(['GET mine/users/1 200', 'GET /b 200', 'GET other 404 ×2']);
  });

  test('extraLabels adds labels, whose values are converted as in a template literal', async () => {
    const service = await users({
      extraLabels: { length: (_req, res) => Number(res.getHeader('content-length') ?? 0), odd: () => null as never },
    });
    await service.send('/b');
    expect(await service.routes()).toEqual(['GET /b 200 0 null']);
  });

  test('a function that throws is reported once, and costs neither the request nor the process', async () => {
    const broken = () => {
      throw new Error('broken');
    };
    const service = await users({ ignore: broken, route: broken, extraLabels: { a: broken } });
    for (let n = 0; n < 2; n++) await service.send('/b');
    expect(await service.routes()).toEqual(['GET /b 200  ×2']);
    expect(warnings.mock.calls.map(([message]) => message)).toEqual(
      ['ignore', 'route', 'extraLabels.a'].map((name) => `requestMetrics: ${name} threw Error: broken (reported once)`),
    );
  });

  test('a function that returns a promise is reported once, and as if it were not given', async () => {
    const late = async () => 'a value';
    const rejected = async () => Promise.reject(new Error('broken'));
    const options = { ignore: late, route: rejected, extraLabels: { b: late, c: () => 'd' } };
    const service = await users(options as unknown as RequestMetricsOptions);
    for (let n = 0; n < 2; n++) await service.send('/b');
    expect(await service.routes()).toEqual(['GET /b 200  d ×2']);
    const fault = 'returned a promise, which is ignored; return the value itself (reported once)';
    expect(warnings.mock.calls.map(([message]) => message)).toEqual(
      ['ignore', 'route', 'extraLabels.b'].map((name) => `requestMetrics: ${name} ${fault}`),
    );
  });

  test('sizes measures the bodies, by Content-Length where there is one', async () => {
    const service = await measuredService(
      'express',
      (app) => {
        app.post('/echo', (req, res) => void req.resume().on('end', () => res.send('x'.repeat(50))));
        app.get('/stream', (_req, res) => {
          res.write('y'.repeat(5_000));
          res.end();
        });
      },
      { sizes: true },
    );
    const posted = request({ port: service.port, path: '/echo', method: 'POST', agent: false });
    posted.end('z'.repeat(2_000));
    await new Promise((resolve) => posted.on('response', (response) => response.resume().on('end', resolve)));
    await service.send('/stream');
    await service.routes();
    const series = await seriesOf(service.requests);
    const sum = (name: string, labels: string) => (series[`${name}{${labels}}`] as HistogramValue).sum;
    const echo = 'method="POST",route="/echo",status_code="200"';
    const stream = 'method="GET",route="/stream",status_code="200"';
    expect(sum('http_request_size_bytes', echo)).toBe(2_000);
    expect(sum('http_response_size_bytes', echo)).toBe(50);
    expect(sum('http_request_size_bytes', stream)).toBe(0);
    expect(sum('http_response_size_bytes', stream)).toBeGreaterThan(5_000);
    expect(sum('http_response_size_bytes', stream)).toBeLessThan(6_000);
  });

  test.each(['/empty', '/same', '/cut'])('sizes counts no bytes that %s does not send in a body', async (path) => {
    const service = await measuredService(
      'express',
      (app) => {
        app.get('/empty', (_req, res) => void res.status(204).end());
        app.get('/same', (_req, res) => void res.status(304).set('Content-Length', '5000').end());
        app.get('/cut', (_req, res) => {
          res.set('Content-Length', '5000').write('a part');
          res.destroy();
        });
      },
      { sizes: true },
    );
    await service.send(path);
    await service.routes();
    const series = Object.entries(await seriesOf(service.requests));
    const sizes = series.filter(([key]) => key.startsWith('http_response_size_bytes{'));
    const counted = sizes.map(([, value]) => [(value as HistogramValue).count, (value as HistogramValue).sum]);
    expect(counted).toEqual(path === '/cut' ? [] : [[1, 0]]);
  });

  test('names and renameLabels give families and labels other names', async () => {
    expect(await namesOf({})).toEqual([
      'http_request_duration_seconds(method,route,status_code)',
      'http_requests_in_flight(method)',
      'http_routes_dropped_total()',
    ]);
    expect(await namesOf({ names: 'opentelemetry', sizes: true })).toEqual([
      'http_server_request_duration_seconds(http_request_method,http_route,http_response_status_code)',
      'http_server_active_requests(http_request_method)',
      'http_server_request_body_size_bytes(http_request_method,http_route,http_response_status_code)',
      'http_server_response_body_size_bytes(http_request_method,http_route,http_response_status_code)',
      'http_routes_dropped_total()',
    ]);
    expect(
      await namesOf({ renameLabels: { route: 'path', method: 'verb' }, extraLabels: { route: () => '' } }),
    ).toEqual([
      'http_request_duration_seconds(verb,path,status_code,route)',
      'http_requests_in_flight(verb)',
      'http_routes_dropped_total()',
    ]);
  });

  test.each([
    ['a sampled trace', {}, '01', true],
    ['a trace that is not sampled', {}, '00', false],
    ['a sampled trace, with exemplars off', { exemplars: false }, '01', false],
  ])('of %s, OpenMetrics has an exemplar or not', async (_what, options, flags, hasExemplar) => {
    const service = await users(options);
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const traceparent = `00-${trace}-00f067aa0ba902b7-${flags}`;
    const sent = request({ port: service.port, path: '/b', headers: { traceparent }, agent: false }).end();
    await new Promise((resolve) => sent.on('response', (response) => response.resume().on('end', resolve)));
    await service.routes();
    const text = await render(service.requests, 'openmetrics');
    expect(text.includes(`# {trace_id="${trace}",span_id="00f067aa0ba902b7"}`)).toBe(hasExemplar);
  });
});

test('without Express, the route is what the option says, or unmatched', async () => {
  const requests = requestMetrics({ route: ({ url }) => (url === '/a' ? '/a' : undefined) });
  const service = await measuredServer((req, res) => requests(req, res, () => res.end()), requests);
  for (const path of ['/a', '/b']) await service.send(path);
  expect(await service.routes()).toEqual(['GET /a 200', 'GET unmatched 200']);
});

test('durations are of the whole response, in seconds, in the buckets of OpenTelemetry', async () => {
  const service = await measuredService('express', (app) =>
    app.get('/slow', (_req, res) => void setTimeout(() => res.end(), 60)),
  );
  await service.send('/slow');
  await service.routes();
  const value = (await seriesOf(service.requests))[
    `${DURATION}{method="GET",route="/slow",status_code="200"}`
  ] as HistogramValue;
  expect(value.bounds).toEqual([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]);
  expect(value.sum).toBeGreaterThan(0.055);
  expect(value.sum).toBeLessThan(5);
  expect(value.cumulativeCounts.slice(0, 4)).toEqual([0, 0, 0, 0]);
});
