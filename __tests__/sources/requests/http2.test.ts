import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { request } from 'node:https';
import type { HistogramValue } from '../../../lib/index.ts';
import { type RequestMetricsOptions, requestMetrics } from '../../../lib/sources/requests.ts';
import { CERTIFICATE } from '../../support/certificate.ts';
import { until } from '../../support/clients.ts';
import { EXPRESS_VERSIONS, loadExpress } from '../../support/express-versions.ts';
import { listenHttp2, portOf, sendHttp2 } from '../../support/http2.ts';
import { createHttp2App } from '../../support/http2-app.ts';
import { closeHttp2, openHttp2, readHttp2Response } from '../../support/http2-service.ts';
import { type Build, inFlight, routesOf } from '../../support/measured.ts';
import { seriesOf } from '../../support/registries.ts';
import { answerError, fail } from '../../support/route-cases.ts';

afterEach(closeHttp2);

describe.each(EXPRESS_VERSIONS)('over HTTP/2, with %s', (version) => {
  async function serve(build: Build, { tls = false, ...options }: RequestMetricsOptions & { tls?: boolean } = {}) {
    const { express } = loadExpress(version);
    const requests = requestMetrics(options);
    const app = createHttp2App(express);
    app.use(requests);
    build(app, express);
    const server = await listenHttp2(app as never, { tls });
    return { server, port: portOf(server), requests, routes: () => routesOf(requests) };
  }

  test('routes are those of HTTP/1.1', async () => {
    const { server, routes } = await serve(
      (app, { Router }) => {
        app.use(
          '/t/:tenant',
          Router().get('/o/:id', (_req, res) => void res.end('an order')),
        );
        app.get('/json/:id', (_req, res) => void res.json({}));
        app.get('/broken', fail);
        app.use(answerError);
      },
      { tls: true },
    );
    for (const path of ['/t/a/o/1', '/t/b/o/2', '/json/1', '/broken', '/nothing']) {
      await sendHttp2(server, { ':path': path });
    }
    await sendHttp2(server, { ':path': '/json/1', ':method': 'HEAD' });
    expect(await routes()).toEqual([
      'GET /t/:tenant/o/:id 200 ×2',
      'GET /json/:id 200',
      'GET /broken 500',
      'GET unmatched 404',
      'HEAD /json/:id 200',
    ]);
  });

  test.each([
    ['a stream that the client resets', (stream: ClientHttp2Stream) => stream.close()],
    ['a connection that the client closes', (stream: ClientHttp2Stream) => stream.session?.destroy()],
  ])('%s counts as 499, before the response and within it', async (_what, disconnect) => {
    const { port, requests, routes } = await serve((app) => {
      app.get('/never', () => undefined);
      app.get('/part', (_req, res) => void res.write('a part'));
    });
    for (const path of ['/never', '/part']) {
      const stream = openHttp2(port, path);
      await until(async () => (await inFlight(requests)) === 1);
      disconnect(stream);
      await until(async () => (await inFlight(requests)) === 0);
    }
    expect(await routes()).toEqual(['GET /never 499', 'GET /part 499']);
  });

  test('concurrent streams of one connection are in flight together, and are counted each', async () => {
    const finish: (() => void)[] = [];
    const { port, requests, routes } = await serve((app) =>
      app.get('/slow/:id', (_req, res) => void finish.push(() => res.end('x'.repeat(10_000)))),
    );
    const first = openHttp2(port, '/slow/0');
    const session = first.session as ClientHttp2Session;
    const others = Array.from({ length: 19 }, (_, n) => session.request({ ':path': `/slow/${n}` }));
    const bodies = [first, ...others].map(readHttp2Response);
    await until(async () => (await inFlight(requests)) === 20);
    for (const end of finish) end();
    await Promise.all(bodies);
    expect(await routes()).toEqual(['GET /slow/:id 200 ×20']);
  });

  test('a response has the size of its Content-Length, and none without', async () => {
    const { server, requests, routes } = await serve(
      (app) => {
        app.get('/known', (_req, res) => void res.json('x'.repeat(98)));
        app.get('/unknown', (_req, res) => {
          res.write('a part');
          res.end();
        });
      },
      { sizes: true },
    );
    for (const path of ['/known', '/unknown']) await sendHttp2(server, { ':path': path });
    expect(await routes()).toEqual(['GET /known 200', 'GET /unknown 200']);
    const sizes = Object.entries(await seriesOf(requests)).filter(([key]) => key.startsWith('http_response_size'));
    expect(sizes.map(([key, value]) => [/route="(.*?)"/.exec(key)?.[1], (value as HistogramValue).sum])).toEqual([
      ['/known', 100],
    ]);
  });

  test('clients of HTTP/1.1 on the same port are counted in the same series', async () => {
    const { express } = loadExpress(version);
    const requests = requestMetrics();
    const [app, http2App] = [express(), createHttp2App(express)];
    for (const each of [app, http2App]) each.use(requests).get('/users/:id', (_req, res) => void res.end());
    const handler = (req: { httpVersionMajor: number }, res: unknown) =>
      (req.httpVersionMajor === 2 ? http2App : app)(req as never, res as never);
    const server = await listenHttp2(handler as never, { tls: true });
    await sendHttp2(server, { ':path': '/users/7' });
    const sent = request({
      port: portOf(server),
      path: '/users/8',
      ca: CERTIFICATE,
      servername: 'metrics.test',
      agent: false,
    });
    sent.end();
    await new Promise((resolve, reject) => {
      sent.on('response', (response) => response.resume().on('end', resolve)).on('error', reject);
    });
    expect(await routesOf(requests)).toEqual(['GET /users/:id 200 ×2']);
  });
});
