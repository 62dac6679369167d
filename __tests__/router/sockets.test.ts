import { mkdtemp, rm } from 'node:fs/promises';
import type { ListenOptions, Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MetricsRouterOptions } from '../../lib/index.ts';
import { type ConnectionOptions, type RequestParts, requestText, send } from '../support/raw-http.ts';
import { closeServers, serveMetrics, watchWarnings } from '../support/serve.ts';

beforeEach(watchWarnings);
afterEach(async () => {
  await closeServers();
  jest.restoreAllMocks();
});

/** Sends a request to a new router; returns the status and the decision. */
async function outcome(
  options: Partial<MetricsRouterOptions>,
  parts: RequestParts,
  ends?: ConnectionOptions,
  on?: ListenOptions,
) {
  const { server, decisions } = await serveMetrics(options, on);
  const { status } = await send(server, requestText(parts), ends);
  const { reason, peer, address } = decisions[0] ?? {};
  return { status, reason, peer, address };
}

describe('on a unix socket', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'metrics-'));
    path = join(folder, 'app.sock');
  });
  afterEach(() => rm(folder, { recursive: true }));

  test.each<[string, number, string | undefined, Partial<MetricsRouterOptions>, RequestParts]>([
    ['no client is let in', 403, 'address-unparseable', {}, {}],
    [
      'not even with allowAnyAddress',
      403,
      'address-unparseable',
      { allowAnyAddress: true, trustedHosts: ['0.0.0.0/0', '::/0'] },
      {},
    ],
    ['every client is let in with allowUnixSocket', 200, undefined, { allowUnixSocket: true }, {}],
    ['also when no host is trusted', 200, undefined, { allowUnixSocket: true, trustedHosts: [] }, {}],
    [
      'for any host, since no page can reach it',
      200,
      undefined,
      { allowUnixSocket: true, allowedHosts: ['metrics.internal'] },
      { hosts: ['evil.example'] },
    ],
    [
      'but with checkHost not for a host that is not listed',
      403,
      'host-not-allowed',
      { allowUnixSocket: true, checkHost: true },
      { hosts: ['evil.example'] },
    ],
    [
      'but not through a proxy',
      403,
      'unexpected-forwarding-header',
      { allowUnixSocket: true },
      { headers: ['X-Forwarded-For: 127.0.0.1'] },
    ],
    ['nor with credentials', 403, 'http-authentication', { allowUnixSocket: true }, { headers: ['Authorization: x'] }],
    ['nor in HTTP/1.0', 505, 'http-version', { allowUnixSocket: true }, { version: '1.0' }],
  ])('%s: %d', async (_case, status, reason, options, parts) => {
    expect(await outcome(options, parts, {}, { path })).toEqual({
      status,
      reason,
      peer: undefined,
      address: undefined,
    });
  });

  test('allowUnixSocket does not let in TCP clients', async () => {
    const { status } = await outcome({ allowUnixSocket: true }, {}, { from: '127.0.0.2' });
    expect(status).toBe(403);
  });
});

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

(hasIpv6 ? describe : describe.skip)('over IPv6', () => {
  const DUAL_STACK = { host: '::', port: 0 };

  test('::1 is trusted by default, and may use the host [::1]', async () => {
    const found = await outcome({}, { hosts: ['[::1]:9464'] }, {}, { host: '::1', port: 0 });
    expect(found).toEqual({ status: 200, reason: undefined, peer: '::1', address: '::1' });
  });

  test('::1 is not trusted with another list', async () => {
    const found = await outcome({ trustedHosts: ['127.0.0.1'] }, {}, {}, { host: '::1', port: 0 });
    expect(found).toEqual({ status: 403, reason: 'not-trusted', peer: '::1', address: '::1' });
  });

  test.each([
    ['127.0.0.1', 200],
    ['127.0.0.2', 403],
  ])('a dual-stack listener shows %s as ::ffff:%s, which is read as IPv4', async (from, status) => {
    let shown: string | undefined;
    const { server, decisions } = await serveMetrics({}, DUAL_STACK);
    (server as Server).on('connection', (socket) => {
      shown = socket.remoteAddress;
    });
    expect((await send(server, requestText(), { to: '127.0.0.1', from })).status).toBe(status);
    expect(shown).toBe(`::ffff:${from}`);
    expect(decisions).toMatchObject([{ peer: from, address: from }]);
  });

  test('a proxy is recognised behind its mapped address', async () => {
    const options = { trustedProxies: ['127.0.0.1'], trustedHosts: ['2001:db8::/32'] };
    const parts = { headers: ['X-Forwarded-For: [2001:db8::7]:443'] };
    const found = await outcome(options, parts, { to: '127.0.0.1' }, DUAL_STACK);
    expect(found).toEqual({ status: 200, reason: undefined, peer: '127.0.0.1', address: '2001:db8::7' });
  });
});

describe('behind proxies', () => {
  const byXff = { trustedProxies: ['127.0.0.3', '10.0.0.0/8'], trustedHosts: ['192.0.2.0/24', '127.0.0.1'] };
  const byForwarded = { ...byXff, forwardedHeader: 'forwarded' as const };

  test.each<[string, number, string | undefined, Partial<MetricsRouterOptions>, string[]]>([
    ['a trusted client', 200, undefined, byXff, ['X-Forwarded-For: 198.51.100.1, 192.0.2.1, 10.0.0.1']],
    [
      'a trusted client, over several fields',
      200,
      undefined,
      byXff,
      ['X-Forwarded-For: 192.0.2.1', 'x-forwarded-for: 10.0.0.1'],
    ],
    ['a stranger', 403, 'not-trusted', byXff, ['X-Forwarded-For: 192.0.2.1, 198.51.100.1, 10.0.0.1']],
    ['no client', 403, 'forwarding-header-missing', byXff, []],
    ['a client only in the other header', 403, 'forwarding-header-missing', byXff, ['Forwarded: for=192.0.2.1']],
    [
      'a trusted client, whatever other headers say',
      200,
      undefined,
      byXff,
      ['X-Forwarded-For: 192.0.2.1', 'Forwarded: for=198.51.100.1', 'Via: 1.1 a'],
    ],
    [
      'a trusted client, in Forwarded',
      200,
      undefined,
      byForwarded,
      ['Forwarded: for=198.51.100.1, for=192.0.2.1;proto=https, for=10.0.0.1'],
    ],
    ['a stranger, in Forwarded', 403, 'not-trusted', byForwarded, ['Forwarded: for=192.0.2.1, for=198.51.100.1']],
    ['an obfuscated client', 403, 'forwarded-malformed', byForwarded, ['Forwarded: for=192.0.2.1, for=_hidden']],
    ['no client in Forwarded', 403, 'forwarding-header-missing', byForwarded, ['X-Forwarded-For: 192.0.2.1']],
    ['a client on loopback, who asks by a local name', 200, undefined, byXff, ['X-Forwarded-For: 127.0.0.1']],
    [
      'a trusted client with credentials',
      403,
      'http-authentication',
      byXff,
      ['X-Forwarded-For: 192.0.2.1', 'Authorization: x'],
    ],
  ])('%s: %d', async (_case, status, reason, options, headers) => {
    expect(await outcome(options, { headers }, { from: '127.0.0.3' })).toMatchObject({
      status,
      reason,
      peer: '127.0.0.3',
    });
  });

  test('the host is checked for a loopback client, not for a loopback proxy', async () => {
    const ask = (client: string) =>
      outcome(byXff, { hosts: ['metrics.example'], headers: [`X-Forwarded-For: ${client}`] }, { from: '127.0.0.3' });
    expect(await ask('192.0.2.1')).toMatchObject({ status: 200 });
    expect(await ask('127.0.0.1')).toMatchObject({ status: 403, reason: 'host-not-allowed' });
  });

  test('a trusted host that is not a proxy must not forward', async () => {
    const found = await outcome(byXff, { headers: ['X-Forwarded-For: 192.0.2.1'] }, { from: '127.0.0.1' });
    expect(found).toMatchObject({ status: 403, reason: 'unexpected-forwarding-header' });
  });
});

describe('HTTP/1.0', () => {
  test.each<[string, number, string | undefined, boolean, RequestParts]>([
    ['is not answered', 505, 'http-version', false, { version: '1.0' }],
    ['is answered with allowHttp10', 200, undefined, true, { version: '1.0' }],
    ['is answered without a Host, which it does not know', 200, undefined, true, { version: '1.0', hosts: [] }],
    [
      'is not answered for a host that is not local',
      403,
      'host-not-allowed',
      true,
      { version: '1.0', hosts: ['evil.example'] },
    ],
    [
      'is not answered for two hosts',
      400,
      'duplicate-host',
      true,
      { version: '1.0', hosts: ['127.0.0.1', '127.0.0.1'] },
    ],
    [
      'is not answered through a proxy',
      403,
      'unexpected-forwarding-header',
      true,
      { version: '1.0', headers: ['Via: 1.0 a'] },
    ],
  ])('%s: %d', async (_case, status, reason, allowHttp10, parts) => {
    expect(await outcome({ allowHttp10 }, parts)).toMatchObject({ status, reason });
  });

  test('gets the length of the document, so that a cut one is noticed', async () => {
    const { server } = await serveMetrics({ allowHttp10: true });
    const response = await send(server, requestText({ version: '1.0' }), { untilClosed: true });
    expect(response.header('content-length')).toBe(`${response.body.length}`);
    expect(response.header('transfer-encoding')).toBeUndefined();
    expect(response.isComplete).toBe(true);
  });
});
