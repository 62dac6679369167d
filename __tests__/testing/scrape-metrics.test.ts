import { createServer, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import { type MetricsRouterOptions, metricsRouter } from '../../lib/index.ts';
import { memorySource, type ScrapedApp, scrapeMetrics } from '../../lib/testing.ts';
import { EXPRESS_VERSIONS, loadExpress } from '../support/express-versions.ts';
import { closeServers, listen, watchWarnings } from '../support/serve.ts';

beforeEach(() => {
  watchWarnings();
});
afterEach(closeServers);
afterEach(() => jest.restoreAllMocks());

const source = memorySource();
source.set('latency_seconds', {
  type: 'histogram',
  help: 'how long',
  samples: [{ labels: { route: '/a' }, value: { count: 3, sum: 0.9, bounds: [0.1, 1], cumulativeCounts: [1, 3] } }],
});
source.set('size_bytes', {
  type: 'summary',
  samples: [{ labels: {}, value: { count: 2, quantiles: [0.5], values: [7] } }],
});
source.gauge('queue_depth', 3, { queue: 'a' });
source.gauge('queue_depth', Number.NaN, { queue: 'b' });
source.set('nothing', { type: 'counter', samples: [] });

const document = {
  latency_seconds: {
    type: 'histogram',
    help: 'how long',
    samples: [{ labels: { route: '/a' }, value: { count: 3, sum: 0.9, bounds: [0.1, 1], cumulativeCounts: [1, 3] } }],
  },
  size_bytes: {
    type: 'summary',
    samples: [{ labels: {}, value: { count: 2, quantiles: [0.5], values: [7] } }],
  },
  queue_depth: {
    type: 'gauge',
    samples: [
      { labels: { queue: 'a' }, value: 3 },
      { labels: { queue: 'b' }, value: Number.NaN },
    ],
  },
  nothing: { type: 'counter', samples: [] },
};

const appWith = (options: Partial<MetricsRouterOptions> = {}, app: Express = express()) =>
  app.use(metricsRouter({ source, ...options }));

const url = (server: { address(): unknown }) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

describe('scrapeMetrics accepts', () => {
  test.each(EXPRESS_VERSIONS)('an app of %s', async (name) => {
    const { express, library } = loadExpress(name);
    expect(await scrapeMetrics(express().use(library.metricsRouter({ source })))).toEqual(document);
  });

  test.each<[string, () => ScrapedApp | Promise<ScrapedApp>]>([
    ['a request handler', () => (req, res) => appWith()(req, res)],
    ['a server that does not listen', () => createServer(appWith())],
    ['a server that listens', () => listen(appWith())],
    [
      'a server that listens on an address that is not trusted',
      () => listen(appWith(), { host: '127.0.0.2', port: 0 }),
    ],
    ['a server with TLS and an unknown certificate', () => createTlsServer(appWith())],
    ['a URL', async () => url(await listen(appWith()))],
    ['a URL object, with a slash', async () => new URL(url(await listen(appWith())))],
    ['a URL with a path', async () => `${url(await listen(express().use('/inside', appWith())))}/inside`],
  ])('%s', async (_what, make) => {
    expect(await scrapeMetrics(await make())).toEqual(document);
  });
});

test('a server is neither opened nor closed', async () => {
  const idle = createServer(appWith());
  const busy = await listen(appWith());
  await Promise.all([idle, idle, busy, busy].map((server) => scrapeMetrics(server)));
  expect([idle.listening, busy.listening]).toEqual([false, true]);
  expect(await scrapeMetrics(url(busy))).toEqual(document);
});

test('the router may be mounted anywhere', async () => {
  const app = express().use('/internal', appWith({ path: '/stats' }));
  expect(await scrapeMetrics(app, { path: '/internal/stats.json' })).toEqual(document);
});

test('names limit the request to these families', async () => {
  const { queue_depth, nothing } = document;
  expect(await scrapeMetrics(appWith(), { names: ['queue_depth', 'nothing', 'a&b'] })).toEqual({
    queue_depth,
    nothing,
  });
  const path = '/metrics.json?exclude[]=nothing';
  expect(await scrapeMetrics(appWith(), { path, names: ['queue_depth', 'nothing'] })).toEqual({ queue_depth });
});

test('families may have the names of members of Object.prototype', async () => {
  const odd = memorySource();
  odd.gauge('__proto__', 1);
  odd.gauge('constructor', 2);
  const scraped = await scrapeMetrics(appWith({ source: odd }));
  expect(Object.keys(scraped)).toEqual(['__proto__', 'constructor']);
});

test('the text formats are read as well', async () => {
  const { queue_depth } = document;
  expect(await scrapeMetrics(appWith(), { path: '/metrics', names: ['queue_depth'] })).toEqual({ queue_depth });
});

const proxied = { headers: { 'X-Forwarded-For': '198.51.100.7' } };

test('headers are sent, such as those of a trusted proxy', async () => {
  const app = appWith({ trustedProxies: ['127.0.0.1'], trustedHosts: ['198.51.100.7'] });
  expect(await scrapeMetrics(app, proxied)).toEqual(document);
});

const failing = memorySource();
failing.fail(new Error('lost'));
const answer = (status: number, type: string, body = '') =>
  express().use((_req, res) => void res.status(status).type(type).send(body));

const beginJson = (res: ServerResponse) => res.setHeader('Content-Type', 'application/json');

describe('the error says what to change when', () => {
  test.each<[string, ScrapedApp, Parameters<typeof scrapeMetrics>[1], RegExp]>([
    [
      'the address is refused',
      appWith({ trustedHosts: ['10.0.0.1'] }),
      {},
      /got 403 Forbidden\. .*127\.0\.0\.1.* trustedHosts/,
    ],
    ['the request has a forwarding header', appWith(), proxied, /got 403.*X-Forwarded-For.*trustedProxies.*onDecision/],
    [
      'the request has credentials',
      appWith(),
      { headers: { authorization: 'Basic eDp5' } },
      /"HTTP authentication .*Remove the credentials from/,
    ],
    ['the host name is not allowed', appWith(), { headers: { host: 'evil.example' } }, /got 403.*allowedHosts/],
    ['the query is malformed', appWith(), { path: '/metrics.json?name[]=' }, /got 400 Bad Request, "Malformed query"/],
    [
      'there is no router',
      express(),
      { path: '/other.json' },
      /GET \/other\.json: expected status 200, got 404 Not Found\. .*path.*hideFromUntrusted/,
    ],
    ['the source fails', appWith({ source: failing }), {}, /got 500.*onError/],
    [
      'the source times out',
      appWith({ source: { collect: () => new Promise(() => {}) }, timeout: 20 }),
      {},
      /got 503.*onError/,
    ],
    [
      'the response is a redirect',
      answer(302, 'html'),
      {},
      /expected status 200, got 302 Found\. Redirects are not followed\. Write/,
    ],
    ['the response is a page', answer(200, 'html'), {}, /expected JSON, .*got text\/html.*; write the path/],
    ['the response has no type', (_req, res) => void res.end(), {}, /expected JSON, .*got no Content-Type/],
    ['no server listens', 'http://127.0.0.1:1', {}, /the connection failed: .*ECONNREFUSED/],
    [
      'the response is cut',
      (req, res) => void beginJson(res).write('{', () => req.socket.destroy()),
      {},
      /the connection failed: .*see onError/,
    ],
    [
      'the connection is reset after the response has started',
      // By then, the client has read its headers.
      (req, res) => void beginJson(res).write('{', () => setTimeout(() => req.socket.resetAndDestroy(), 50)),
      {},
      /the connection failed: .*see onError/,
    ],
  ])('%s', async (_case, app, options, message) => {
    const error = await scrapeMetrics(app, options).catch((error) => error);
    expect(error).toMatchObject({
      name: 'MetricsError',
      code: 'ERR_METRICS_SCRAPE_FAILED',
      message: expect.stringMatching(message),
    });
    expect(error.message).toMatch(/^scrapeMetrics: GET \/\S+: /);
  });
});

test.each([
  ['is not JSON', 'nonsense'],
  ['is another JSON', '{"status":"ok"}'],
  ['ends early', '{"up":{"type":"gauge","value":1.0}'],
  ['has a family twice', '{"up":{"type":"gauge","value":1.0},"up":{"type":"gauge","value":1.0}}'],
])('a document that %s is malformed', async (_case, body) => {
  await expect(scrapeMetrics(answer(200, 'json', body))).rejects.toMatchObject({
    code: 'ERR_METRICS_MALFORMED_DOCUMENT',
    message: expect.stringMatching(/^scrapeMetrics: GET \/metrics\.json: /),
  });
});

test.each<[unknown, unknown, RegExp]>([
  [undefined, {}, /^scrapeMetrics: app: expected an Express app, .+, got undefined; write/],
  [{}, {}, /^scrapeMetrics: app: expected an Express app, .+, got \{\}; write/],
  [createServer(), {}, /a server that has one/],
  ['localhost:3000', {}, /write 'http:\/\/127\.0\.0\.1:3000'/],
  ['ftp://user:secret@localhost', {}, /an http or https URL, got another string; write/],
  [
    express(),
    { path: 'metrics.json' },
    /^scrapeMetrics: path: expected a path .+, got "metrics\.json"; write "\/metrics\.json"$/,
  ],
  [express(), { names: 'up' }, /^scrapeMetrics: names: expected a list of families' names, got "up"; write /],
  [express(), { headers: ['x'] }, /^scrapeMetrics: headers: expected an object of headers, got \[ 'x' \]; write /],
  [
    express(),
    { prefix: 'x' },
    /^scrapeMetrics: options: expected the name of an option, got "prefix"; write one of path, names, headers$/,
  ],
])('%p with %p is a TypeError', async (app, options, message) => {
  const error = await scrapeMetrics(app as ScrapedApp, options as object).catch((error) => error);
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toMatch(message);
  expect(error.message).not.toContain('secret');
});

test('no port and no connection stay open', async () => {
  const opened = jest.spyOn(require('node:net').Server.prototype, 'listen');
  await scrapeMetrics(appWith());
  await expect(scrapeMetrics(express())).rejects.toThrow();
  expect(opened.mock.contexts).toHaveLength(2);
  for (const server of opened.mock.contexts) expect((server as { listening: boolean }).listening).toBe(false);
});
