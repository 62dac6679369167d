import {
  type AccessDecision,
  type MetricsRouterOptions,
  metricsRouter,
  refuseAuthorization,
  trustedIp,
} from '../../lib/index.ts';
import { closeHttp2Servers, type Http2Server, listenHttp2, portOf, sendHttp2 } from '../support/http2.ts';
import { watchWarnings } from '../support/serve.ts';

let warnings: jest.SpyInstance;
beforeEach(() => {
  warnings = watchWarnings();
});
afterEach(async () => {
  await closeHttp2Servers();
  jest.restoreAllMocks();
});

describe.each([
  ['without TLS', { tls: false }],
  ['with TLS', { tls: true }],
])('over HTTP/2 %s', (_case, transport) => {
  async function serve(options: Partial<MetricsRouterOptions> = {}) {
    const decisions: AccessDecision[] = [];
    const onDecision = (decision: AccessDecision) => void decisions.push(decision);
    const router = metricsRouter({ source: { collect: () => [] }, onDecision, ...options });
    return { server: await listenHttp2(router, transport), decisions };
  }

  type Headers = Record<string, string | string[]>;
  const own = (server: Http2Server) => `127.0.0.1:${portOf(server)}`;

  test.each<[string, (server: Http2Server) => Headers]>([
    ['the address', () => ({})],
    ['a local name', () => ({ ':authority': 'metrics.localhost:8080' })],
    ['a local name in Host, without an authority', () => ({ host: 'localhost' })],
    ['the same Host and authority', () => ({ ':authority': 'localhost', host: 'localhost' })],
    ['the same in other case', () => ({ ':authority': 'localhost', host: 'LocalHost' })],
    ['the same but for a default port', () => ({ ':authority': 'localhost:443', host: 'localhost' })],
    ["the service's own Origin", (server) => ({ origin: `http://${own(server)}` })],
    ["the service's own Origin, with another scheme", (server) => ({ origin: `https://${own(server)}` })],
    ['its own Origin and Host, without an authority', () => ({ host: 'localhost:81', origin: 'http://localhost:81' })],
  ])('a loopback client may use %s', async (_name, headers) => {
    const { server } = await serve();
    expect(await sendHttp2(server, headers(server))).toMatchObject({ status: 200, body: '{}\n' });
    expect(warnings).not.toHaveBeenCalled();
  });

  test.each<[number, string, Headers]>([
    [400, 'duplicate-host', { ':authority': 'localhost', host: '127.0.0.1' }],
    [400, 'duplicate-host', { ':authority': 'evil.example', host: 'localhost' }],
    [400, 'duplicate-host', { ':authority': 'localhost', host: 'localhost:8080' }],
    [403, 'host-not-allowed', { ':authority': 'evil.example' }],
    [403, 'host-not-allowed', { host: 'evil.example' }],
    [403, 'cross-site', { origin: 'https://evil.example' }],
    [403, 'cross-site', { ':authority': 'localhost:81', origin: 'http://localhost:82' }],
    [403, 'cross-site', { 'sec-fetch-site': 'cross-site' }],
    [403, 'http-authentication', { authorization: 'Basic c2VjcmV0' }],
    [403, 'http-authentication', { authorization: '' }],
    [403, 'unexpected-forwarding-header', { 'x-forwarded-for': '192.0.2.1' }],
    [405, 'method', { ':method': 'DELETE' }],
  ])('%d, %s: %j', async (status, reason, headers) => {
    const { server, decisions } = await serve();
    expect((await sendHttp2(server, headers)).status).toBe(status);
    expect(decisions).toMatchObject([{ decision: 'deny', reason, peer: '127.0.0.1' }]);
  });

  test('an untrusted client gets the same response, whatever the host', async () => {
    const { server, decisions } = await serve();
    for (const headers of [{}, { host: 'evil.example' }, { ':authority': 'a.example', host: 'b.example' }]) {
      expect(await sendHttp2(server, headers, { from: '127.0.0.2' })).toMatchObject({ status: 403 });
    }
    expect(decisions.map(({ reason, peer }) => [reason, peer])).toEqual(
      new Array(3).fill(['not-trusted', '127.0.0.2']),
    );
  });

  test('a client behind a listed proxy is found', async () => {
    const { server } = await serve({ trustedProxies: ['127.0.0.1'], trustedHosts: ['192.0.2.1'] });
    const ask = async (client: string) =>
      (await sendHttp2(server, { ':authority': 'metrics.example', 'x-forwarded-for': client })).status;
    expect([await ask('192.0.2.1'), await ask('192.0.2.2')]).toEqual([200, 403]);
  });

  test('allowedHosts extends the hosts that a loopback client may use', async () => {
    const { server } = await serve({ allowedHosts: ['metrics.internal'] });
    const ask = async (authority: string) => (await sendHttp2(server, { ':authority': authority })).status;
    expect([await ask('metrics.internal:8443'), await ask('other.internal')]).toEqual([200, 403]);
  });

  test('trustedIp() and refuseAuthorization() protect other routes', async () => {
    const trusted = trustedIp();
    const refused = refuseAuthorization();
    const server = await listenHttp2((req, res, next) => trusted(req, res, () => refused(req, res, next)), transport);
    // 404: the request was passed on.
    expect((await sendHttp2(server, {})).status).toBe(404);
    expect((await sendHttp2(server, { authorization: 'Bearer x' })).status).toBe(403);
    expect((await sendHttp2(server, {}, { from: '127.0.0.2' })).status).toBe(403);
  });
});
