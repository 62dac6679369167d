import type { Express, NextFunction, Request, RequestHandler, Response } from 'express';
import { dashboard } from '../../lib/dashboard.ts';
import { EXPRESS_VERSIONS, loadExpress } from '../support/express-versions.ts';
import { type RequestParts, requestText, send } from '../support/raw-http.ts';
import { queueDepth, sourceOf } from '../support/scrape-sources.ts';
import { closeServers, listen, watchWarnings } from '../support/serve.ts';

beforeEach(watchWarnings);
afterEach(async () => {
  await closeServers();
  jest.restoreAllMocks();
});

const metrics: Record<string, [number, RequestParts]> = {
  'the head of a document': [200, {}],
  'the head of the text': [200, { target: '/metrics' }],
  'the head of the page': [200, { target: '/metrics.html' }],
  'a malformed query': [400, { target: '/metrics.json?name[]=' }],
  'two hosts': [400, { target: '/metrics', hosts: ['127.0.0.1', '127.0.0.1'] }],
  'an Authorization header': [403, { headers: ['Authorization: x'] }],
  'a proxy that is not listed': [403, { target: '/metrics.html', headers: ['Via: 1.1 a'] }],
  'another site': [403, { target: '/metrics', headers: ['Origin: null'] }],
  'header fields up to the limit': [431, { headers: new Array(30).fill('a: b') }],
  'HTTP/1.0': [505, { version: '1.0' }],
};

const own: Record<string, [number, RequestParts]> = {
  'an address that is not trusted': [403, { target: '/trusted' }],
  'an Authorization header': [403, { target: '/unauthorized', headers: ['Authorization: x'] }],
};

describe.each(EXPRESS_VERSIONS)('with rejectNonStandardBodyWrites: %s', (version) => {
  const { express, library } = loadExpress(version);
  const thrown: unknown[] = [];

  /** Sends a request to an app whose responses throw when a forbidden body is written. */
  async function answer(use: (app: Express) => void, parts: RequestParts) {
    const app = express();
    use(app);
    app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
      thrown.push(error);
      res.status(500).end();
    });
    const server = await listen(app, undefined, { rejectNonStandardBodyWrites: true });
    server.maxHeadersCount = 30;
    const { status, body, header } = await send(server, requestText(parts));
    return { status, body, thrown: thrown.splice(0), length: header('content-length') };
  }

  const withRouter = (app: Express) =>
    app.use(library.metricsRouter({ source: sourceOf(queueDepth), dashboard: dashboard() }));

  test.each(Object.entries(metrics))('HEAD works on routes of the router: %s', async (_case, [status, parts]) => {
    const head = await answer(withRouter, { ...parts, method: 'HEAD' });
    expect(head).toMatchObject({ status, body: '', thrown: [] });
    const get = await answer(withRouter, parts);
    expect(get).toMatchObject({ status, thrown: [] });
    expect(get.body).not.toBe('');
    if (status !== 200) expect(head.length).toBe(get.length);
  });

  test.each(Object.entries(own))('HEAD is refused on other routes of the app: %s', async (_case, [status, parts]) => {
    const withGuards = (app: Express) => {
      const reached: RequestHandler = (_req, res) => void res.send('reached');
      app.use('/trusted', library.trustedIp({ trustedHosts: [] }), reached);
      app.use('/unauthorized', library.refuseAuthorization(), reached);
    };
    const head = await answer(withGuards, { ...parts, method: 'HEAD' });
    expect(head).toEqual({ status, body: '', thrown: [], length: '10' });
    expect(await answer(withGuards, parts)).toEqual({ status, body: 'Forbidden\n', thrown: [], length: '10' });
  });

  test.each(['/metrics.json', '/metrics', '/metrics.html'])('OPTIONS has no content: %s', async (target) => {
    expect(await answer(withRouter, { method: 'OPTIONS', target })).toMatchObject({
      status: 204,
      body: '',
      thrown: [],
    });
  });

  test("gets no 304 from the app's ETag setting", async () => {
    const use = (app: Express) => {
      app.use((_req, res, next) => {
        res.set('ETag', '"app"');
        next();
      });
      withRouter(app);
    };
    const headers = ['If-None-Match: "app"'];
    for (const target of ['/metrics.json', '/metrics.html']) {
      expect(await answer(use, { method: 'HEAD', target, headers })).toMatchObject({ status: 200, thrown: [] });
    }
  });
});
