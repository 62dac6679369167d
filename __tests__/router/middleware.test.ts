import express from 'express';
import { type AccessDecision, type AccessOptions, refuseAuthorization, trustedIp } from '../../lib/index.ts';
import { type ConnectionOptions, type RequestParts, requestText, send } from '../support/raw-http.ts';
import { closeServers, listen, watchWarnings } from '../support/serve.ts';

let warnings: jest.SpyInstance;
beforeEach(() => {
  warnings = watchWarnings();
});
afterEach(async () => {
  await closeServers();
  jest.restoreAllMocks();
});

const STRANGER = { from: '127.0.0.2' };
const admin = jest.fn((req: express.Request, res: express.Response) => void res.send(`${req.method} by the app`));
beforeEach(() => admin.mockClear());

describe('trustedIp', () => {
  async function guarded(options?: AccessOptions) {
    const decisions: AccessDecision[] = [];
    const guard = trustedIp({ onDecision: (decision) => decisions.push(decision), ...options });
    const server = await listen(express().use('/admin', guard, admin));
    const ask = (parts: RequestParts = {}, ends?: ConnectionOptions) =>
      send(server, requestText({ target: '/admin', ...parts }), ends);
    return { server, guard, ask, decisions };
  }

  test.each<[string, RequestParts, ConnectionOptions]>([
    ['a trusted host', {}, {}],
    ['any method', { method: 'DELETE' }, {}],
    ['any path below', { target: '/admin/a/b?name[]=' }, {}],
    ['credentials, which are for refuseAuthorization to refuse', { headers: ['Authorization: Bearer x'] }, {}],
    ['a page of the same site', { headers: ['Origin: http://127.0.0.1'] }, {}],
  ])('lets in: %s', async (_case, parts, ends) => {
    const { ask, decisions } = await guarded();
    expect(await ask(parts, ends)).toMatchObject({ status: 200, body: `${parts.method ?? 'GET'} by the app` });
    expect(decisions).toMatchObject([{ decision: 'allow', peer: '127.0.0.1', address: '127.0.0.1' }]);
  });

  test.each<[string, RequestParts, ConnectionOptions]>([
    ['not-trusted', {}, STRANGER],
    ['not-trusted', { headers: ['Authorization: Bearer x'] }, STRANGER],
    ['not-trusted', { method: 'OPTIONS' }, STRANGER],
    ['unexpected-forwarding-header', { headers: ['X-Forwarded-For: 127.0.0.1'] }, {}],
    ['header-limit', { headers: new Array(49).fill('a: b') }, {}],
    ['http-version', { version: '1.0' }, {}],
    ['duplicate-host', { hosts: ['127.0.0.1', '127.0.0.1'] }, {}],
    ['userinfo', { target: 'http://ada:secret@127.0.0.1/admin' }, {}],
    ['cross-site', { headers: ['Origin: null'] }, {}],
    ['host-not-allowed', { hosts: ['evil.example'] }, {}],
  ])('refuses with a plain 403, and never calls the app: %s', async (reason, parts, ends) => {
    const { server, ask, decisions } = await guarded();
    server.maxHeadersCount = 50;
    const response = await ask(parts, ends);
    expect(response).toMatchObject({ status: 403, body: 'Forbidden\n' });
    expect(response.header('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.header('www-authenticate')).toBeUndefined();
    expect(decisions).toMatchObject([{ decision: 'deny', reason }]);
    expect(admin).not.toHaveBeenCalled();
  });

  test('closes the connection when header fields may have been cut off', async () => {
    const { server, ask } = await guarded();
    server.maxHeadersCount = 50;
    const response = await ask({ headers: new Array(50).fill('a: b') }, { untilClosed: true });
    expect(response.header('connection')).toBe('close');
  });

  test('has the other access options, and names itself in warnings', async () => {
    const options = {
      trustedHosts: ['192.0.2.1'],
      trustedProxies: ['127.0.0.1'],
      forwardedHeader: 'forwarded' as const,
    };
    const { ask } = await guarded({
      ...options,
      allowHttp10: true,
      allowedHosts: ['metrics.internal'],
      checkHost: true,
    });
    const trusted = { hosts: ['metrics.internal'], version: '1.0', headers: ['Forwarded: for=192.0.2.1'] };
    expect((await ask(trusted)).status).toBe(200);
    expect((await ask({ ...trusted, hosts: ['other.internal'] })).status).toBe(403);
    expect((await ask({ ...trusted, headers: [] })).status).toBe(403);
    const refused = 'trustedIp: refused a request from';
    expect(warnings.mock.calls.map(([message]) => message)).toEqual([
      expect.stringContaining(`${refused} 192.0.2.1 through the proxy 127.0.0.1: host-not-allowed.`),
      expect.stringContaining(`${refused} 127.0.0.1: forwarding-header-missing.`),
    ]);
  });

  test('setTrustedHosts() replaces its list', async () => {
    const { ask, guard } = await guarded();
    guard.setTrustedHosts(['127.0.0.2']);
    expect([(await ask()).status, (await ask({}, STRANGER)).status]).toEqual([403, 200]);
    expect(() => guard.setTrustedHosts(['10/8'])).toThrow(
      'trustedIp: trustedHosts[0]: expected a network, got "10/8"; write "10.0.0.0/8"',
    );
    expect([(await ask()).status, (await ask({}, STRANGER)).status]).toEqual([403, 200]);
  });

  test('with hideFromUntrusted, an untrusted request continues after the router', async () => {
    const hidden = express.Router().use(trustedIp({ hideFromUntrusted: true }), admin);
    const server = await listen(
      express()
        .use('/admin', hidden)
        .use((_req, res) => void res.status(404).send('nothing here')),
    );
    const target = '/admin';
    expect(await send(server, requestText({ target }), STRANGER)).toMatchObject({ status: 404, body: 'nothing here' });
    expect(await send(server, requestText({ target }))).toMatchObject({ status: 200 });
    // Only refusals of untrusted addresses are hidden.
    expect((await send(server, requestText({ target, headers: ['Origin: null'] }))).status).toBe(403);
  });

  test('with hideFromUntrusted, an untrusted request does not reach later middleware of the router', async () => {
    const server = await listen(express().use('/admin', trustedIp({ hideFromUntrusted: true }), admin));
    expect((await send(server, requestText({ target: '/admin' }), STRANGER)).status).toBe(404);
    expect(admin).not.toHaveBeenCalled();
  });
});

describe('refuseAuthorization', () => {
  async function ask(parts: RequestParts) {
    const server = await listen(express().use('/admin', refuseAuthorization(), admin));
    return send(server, requestText({ target: '/admin', ...parts }));
  }

  test.each([
    ['a scheme', ['Authorization: Basic c2VjcmV0']],
    ['nothing', ['Authorization:']],
    ['two of them', ['Authorization:', 'AUTHORIZATION: Bearer c2VjcmV0']],
  ])('refuses with a plain 403: %s', async (_case, headers) => {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const response = await ask({ method, headers });
      expect(response).toMatchObject({ status: 403, body: 'Forbidden\n' });
      expect(response.header('www-authenticate')).toBeUndefined();
    }
    expect(admin).not.toHaveBeenCalled();
    for (const [message] of warnings.mock.calls) expect(message).not.toContain('c2VjcmV0');
  });

  test.each([
    ['nothing of the kind', []],
    ['credentials for a proxy', ['Proxy-Authorization: Basic c2VjcmV0']],
    ['a longer name', ['X-Authorization: c2VjcmV0', 'Authorization2: x']],
  ])('lets in: %s', async (_case, headers) => {
    expect((await ask({ headers })).status).toBe(200);
  });
});

test('together, they refuse the same requests as metricsRouter', async () => {
  const server = await listen(express().use('/admin', trustedIp(), refuseAuthorization(), admin));
  const ask = async (headers: string[], ends?: ConnectionOptions) =>
    (await send(server, requestText({ target: '/admin', headers }), ends)).status;
  expect(await ask([])).toBe(200);
  expect(await ask(['Authorization:'])).toBe(403);
  expect(await ask([], STRANGER)).toBe(403);
});
