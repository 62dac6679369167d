import compression from 'compression';
import cors from 'cors';
import express from 'express';
import helmet from 'helmet';
import { metricsRouter } from '../../lib/index.ts';
import { type RequestParts, requestText, send } from '../support/raw-http.ts';
import { closeServers, listen, type MetricsService, serveMetrics, watchWarnings } from '../support/serve.ts';

beforeEach(watchWarnings);
afterEach(async () => {
  await closeServers();
  jest.restoreAllMocks();
});

describe('an error has the whole public explanation and nothing else', () => {
  const REFUSALS: [number, string, string, RequestParts][] = [
    [400, 'Bad Request', 'Malformed query', { target: '?exclude[]=' }],
    [403, 'Forbidden', 'Cross-site requests are not permitted here', { headers: ['Origin: null'] }],
    [405, 'Method Not Allowed', 'Method not allowed', { method: 'DELETE' }],
    [505, 'HTTP Version Not Supported', 'HTTP/1.1 is needed here', { version: '1.0' }],
  ];

  test.each(REFUSALS)('%d, as RFC 9457 has it, beside the JSON document', async (status, title, detail, parts) => {
    const { server } = await serveMetrics();
    const response = await send(server, requestText({ ...parts, target: `/metrics.json${parts.target ?? ''}` }));
    expect(response.status).toBe(status);
    expect(response.header('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(response.body).toBe(`${JSON.stringify({ type: 'about:blank', title, status, detail })}\n`);
    expect(response.header('content-length')).toBe(`${response.body.length}`);
  });

  test.each(REFUSALS)('%d, as one plain line, beside the text', async (status, _title, detail, parts) => {
    const { server } = await serveMetrics();
    const response = await send(server, requestText({ ...parts, target: `/metrics${parts.target ?? ''}` }));
    expect(response.status).toBe(status);
    expect(response.header('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.body).toBe(`${detail}\n`);
    expect(response.header('content-length')).toBe(`${response.body.length}`);
  });
});

test.each<[string, number, RequestParts]>([
  ['a document', 200, {}],
  ['the head of one', 200, { method: 'HEAD' }],
  ['no content', 204, { method: 'OPTIONS' }],
  ['a refusal', 403, { headers: ['Origin: null'] }],
  ['a refused method', 405, { method: 'PUT' }],
])('every response tells caches and browsers to keep it to themselves: %s', async (_case, status, parts) => {
  const { server } = await serveMetrics();
  const response = await send(server, requestText(parts));
  expect(response.status).toBe(status);
  expect(response.header('cache-control')).toBe('no-store');
  expect(response.header('x-content-type-options')).toBe('nosniff');
  expect(response.header('cross-origin-resource-policy')).toBe('same-origin');
  expect(response.header('etag')).toBeUndefined();
  expect(response.header('www-authenticate')).toBeUndefined();
});

describe('methods', () => {
  let served: MetricsService;
  const ask = (method: string) => send(served.server, requestText({ method }));
  beforeEach(async () => {
    served = await serveMetrics();
  });

  test('OPTIONS is told what there is, and nothing of CORS', async () => {
    const preflight = ['Origin: http://127.0.0.1', 'Access-Control-Request-Method: GET'];
    const response = await send(served.server, requestText({ method: 'OPTIONS', headers: preflight }));
    expect([response.status, response.header('allow'), response.body]).toEqual([204, 'GET, HEAD', '']);
    expect(response.head.join('\n')).not.toMatch(/access-control-/i);
    expect(served.collect).not.toHaveBeenCalled();
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'M-SEARCH'])(
    '%s is refused, with what there is',
    async (method) => {
      const response = await ask(method);
      expect([response.status, response.header('allow')]).toEqual([405, 'GET, HEAD']);
      expect(served.collect).not.toHaveBeenCalled();
    },
  );

  test('HEAD gets the headers of GET without a length, and the source is not asked', async () => {
    const head = await ask('HEAD');
    expect(served.collect).not.toHaveBeenCalled();
    const get = await ask('GET');
    const stable = ({ head }: typeof get) =>
      head.filter((line) => !/^(Date|Content-Length|Transfer-Encoding):/.test(line));
    expect(stable(head)).toEqual(stable(get));
    expect(head.header('content-length')).toBeUndefined();
    expect(head.body).toBe('');
  });
});

describe('the connection', () => {
  const CLOSED: [string, RequestParts][] = [
    ['a body of known length', { method: 'POST', headers: ['Content-Length: 5'], body: 'hello' }],
    ['a body in chunks', { method: 'POST', headers: ['Transfer-Encoding: chunked'], body: '5\r\nhello\r\n0\r\n\r\n' }],
    ['a body that does not come', { method: 'POST', headers: ['Content-Length: 1000'] }],
    ['a body that is let in', { headers: ['Content-Length: 5'], body: 'hello' }],
    ['a body of OPTIONS', { method: 'OPTIONS', headers: ['Content-Length: 5'], body: 'hello' }],
    ['fields up to the limit', { headers: new Array(20).fill('a: b') }],
  ];

  test.each(CLOSED)('is closed after %s', async (_case, parts) => {
    const { server } = await serveMetrics();
    server.maxHeadersCount = 20;
    const response = await send(server, requestText(parts), { untilClosed: true });
    expect(response.header('connection')).toBe('close');
    expect(response.isComplete).toBe(true);
  });

  test.each<[string, RequestParts]>([
    ['a refusal', { headers: ['Origin: null'] }],
    ['no body at all', { method: 'POST' }],
    ['a body of no bytes', { method: 'POST', headers: ['Content-Length: 0'] }],
  ])('stays open after %s', async (_case, parts) => {
    const { server } = await serveMetrics();
    const response = await send(server, requestText(parts));
    expect(response.header('connection')).toBe('keep-alive');
  });
});

describe("middleware of the app's own", () => {
  const sharing = [
    cors({ origin: true, credentials: true, exposedHeaders: ['ETag'], preflightContinue: true }),
    (_req: express.Request, res: express.Response, next: () => void) => {
      res.set('ETag', 'W/"app"');
      next();
    },
  ];

  test.each<[string, number, RequestParts]>([
    ['a document', 200, {}],
    ['no content', 204, { method: 'OPTIONS' }],
    ['a refusal', 405, { method: 'POST' }],
  ])('cannot share the endpoint with other sites, nor have it answer 304: %s', async (_case, status, parts) => {
    const router = metricsRouter({ source: { collect: () => [] } });
    const server = await listen(express().use(...sharing, router));
    const headers = ['Origin: http://127.0.0.1', 'If-None-Match: W/"app"'];
    const response = await send(server, requestText({ ...parts, headers }));
    expect(response.status).toBe(status);
    expect(response.head.join('\n')).not.toMatch(/^(access-control-|etag)/im);
  });

  test('does not get in the way: helmet, compression, a body parser', async () => {
    const app = express().use(helmet(), compression(), express.json());
    const server = await listen(app.use(metricsRouter({ source: { collect: () => [] } })));
    const post = { method: 'POST', headers: ['Content-Type: application/json', 'Content-Length: 2'], body: '{}' };
    expect((await send(server, requestText())).body).toBe('{}\n');
    expect((await send(server, requestText(post))).status).toBe(405);
  });
});
