import { IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import express from 'express';
import { type AccessDecision, metricsRouter, refuseAuthorization, trustedIp } from '../../lib/index.ts';
import { type RequestParts, requestText, send } from '../support/raw-http.ts';
import { closeServers, listen, watchWarnings } from '../support/serve.ts';

// A guard must not take a header that it cannot see for absent. Serverless adapters, old runtimes and mocks fill
// `headers` and omit `rawHeaders`.

let warnings: jest.SpyInstance;
beforeEach(() => {
  warnings = watchWarnings();
});
afterEach(async () => {
  await closeServers();
  jest.restoreAllMocks();
});

const GUARDED = [
  ['metricsRouter', '/metrics'],
  ['metricsRouter', '/metrics.json'],
  ['trustedIp', '/trusted'],
  ['refuseAuthorization', '/no-credentials'],
] as const;

/** Serves all guards of the package, behind middleware that changes requests. */
async function serveGuarded(change: (req: IncomingMessage) => void, { hideFromUntrusted = false } = {}) {
  const decisions: AccessDecision[] = [];
  const onDecision = (decision: AccessDecision) => void decisions.push(decision);
  const handler = jest.fn((_req: unknown, res: express.Response) => void res.send('open'));
  const collect = jest.fn(() => []);
  const app = express()
    .use((req, _res, next) => {
      change(req);
      next();
    })
    .use(metricsRouter({ source: { collect }, hideFromUntrusted, onDecision }))
    .use('/trusted', trustedIp({ hideFromUntrusted, onDecision }), handler)
    .use('/no-credentials', refuseAuthorization(), handler);
  const server: Server = await listen(app);
  const ask = (target: string, parts: RequestParts = {}) => send(server, requestText({ target, ...parts }));
  return { ask, decisions, handler, collect };
}

const without = (name: 'rawHeaders' | 'headers', value?: unknown) => (req: IncomingMessage) =>
  void Object.defineProperty(req, name, { value, configurable: true });

const CREDENTIALS: RequestParts = { headers: ['Authorization: Basic c2VjcmV0'] };
const HIDDEN: [string, RequestParts][] = [
  ['nothing else', {}],
  ['credentials', CREDENTIALS],
  ['a forwarding header', { headers: ['X-Forwarded-For: 192.0.2.1'] }],
  ["another site's Origin", { headers: ['Origin: https://evil.example'] }],
  ['two hosts', { hosts: ['127.0.0.1', '127.0.0.1'] }],
];

describe.each([
  ['no rawHeaders', without('rawHeaders')],
  ['empty rawHeaders', without('rawHeaders', [])],
])('a request of a trusted address with %s', (_case, change) => {
  test.each(GUARDED)('gets a 403 from %s at %s', async (guard, target) => {
    const { ask, decisions, handler, collect } = await serveGuarded(change);
    for (const [, parts] of HIDDEN) expect(await ask(target, parts)).toMatchObject({ status: 403 });
    expect(handler).not.toHaveBeenCalled();
    expect(collect).not.toHaveBeenCalled();
    if (guard !== 'refuseAuthorization') {
      expect(decisions.map(({ reason }) => reason)).toEqual(HIDDEN.map(() => 'raw-headers-missing'));
    }
    expect(warnings.mock.calls.map(([message]) => message)).toEqual([
      expect.stringMatching(
        new RegExp(`^${guard}: refused a request from 127\\.0\\.0\\.1: raw-headers-missing\\. .*renderMetrics`),
      ),
    ]);
  });
});

test('without raw headers, the response is that of every untrusted request', async () => {
  const changed = await serveGuarded(without('rawHeaders'));
  const stranger = await serveGuarded(without('rawHeaders', ['Via', '1.1 proxy']));
  for (const target of ['/metrics', '/metrics.json']) {
    const visible = async ({ ask }: typeof changed) => {
      const { head, body } = await ask(target);
      return { head: head.filter((line) => !line.startsWith('Date:')), body };
    };
    expect(await visible(changed)).toEqual(await visible(stranger));
  }
});

test('without raw headers, a request is passed on with hideFromUntrusted', async () => {
  const { ask, handler } = await serveGuarded(without('rawHeaders'), { hideFromUntrusted: true });
  for (const target of ['/metrics', '/metrics.json', '/trusted']) expect((await ask(target)).status).toBe(404);
  expect(handler).not.toHaveBeenCalled();
});

test('refuseAuthorization() alone refuses a request whose header fields may have been cut off', async () => {
  const server = await listen(express().use('/', refuseAuthorization(), (_req, res) => void res.send('open')));
  server.maxHeadersCount = 50;
  const ask = async (count: number) => {
    const headers = [...new Array(count).fill('a: b'), ...CREDENTIALS.headers!];
    return send(server, requestText({ target: '/', headers }), { untilClosed: true });
  };
  expect(await ask(60)).toMatchObject({ status: 403, body: 'Forbidden\n' });
  expect(warnings.mock.calls[0]?.[0]).toContain(': header-limit. ');
});

/** Creates a request like a serverless adapter (serverless-http, @vendia/serverless-express): no rawHeaders, a stream as socket. */
function adapterRequest(headers: Record<string, string>): IncomingMessage {
  const socket = Object.assign(new PassThrough(), { encrypted: true, remoteAddress: '192.0.2.1' });
  const req = new IncomingMessage(socket as unknown as Socket);
  const fields = { httpVersion: '1.1', httpVersionMajor: '1', httpVersionMinor: '1', method: 'GET', url: '/metrics' };
  return Object.assign(req, { complete: true, headers, ...fields }) as unknown as IncomingMessage;
}

/** Runs middleware without a server, and returns the outcome. */
function runMiddleware(middleware: ReturnType<typeof trustedIp>, req: object): number | 'passed on' {
  const res = new ServerResponse({ method: 'GET' } as IncomingMessage);
  let isPassedOn = false;
  middleware(req as IncomingMessage, res, () => {
    isPassedOn = true;
  });
  return isPassedOn ? 'passed on' : res.statusCode;
}

describe.each([
  ['metricsRouter', () => metricsRouter({ source: { collect: () => [] }, trustedHosts: ['192.0.2.1'] })],
  ['trustedIp', () => trustedIp({ trustedHosts: ['192.0.2.1'] })],
  ['refuseAuthorization', () => refuseAuthorization() as ReturnType<typeof trustedIp>],
])('%s, called without a server', (_guard, create) => {
  test.each<[string, object]>([
    ['an adapter', adapterRequest({ host: 'api.example' })],
    ['an adapter, with credentials', adapterRequest({ host: 'api.example', authorization: 'Basic c2VjcmV0' })],
    ['a mock with headers alone', { method: 'GET', url: '/metrics', headers: { host: '127.0.0.1' } }],
    ['a mock with neither headers nor a socket', { method: 'GET', url: '/metrics' }],
  ])('refuses the request of %s with a 403', (_case, req) => {
    expect(runMiddleware(create(), req)).toBe(403);
  });
});

test('a mock with raw headers and without a socket has no address', () => {
  const rawHeaders = ['Host', '127.0.0.1'];
  const req = { method: 'GET', url: '/metrics', rawHeaders, headers: { host: '127.0.0.1' } };
  expect(runMiddleware(trustedIp({ allowUnixSocket: true }), req)).toBe(403);
  expect(warnings.mock.calls[0]?.[0]).toContain('address-unparseable');
});
