import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AccessDecision, MetricsRouterOptions } from '../../lib/index.ts';
import { type RequestParts, requestText, send } from '../support/raw-http.ts';
import { closeServers, serveMetrics, watchWarnings } from '../support/serve.ts';

let warnings: jest.SpyInstance;
beforeEach(() => {
  warnings = watchWarnings();
});
afterEach(async () => {
  await closeServers();
  jest.restoreAllMocks();
});

const warned = () => warnings.mock.calls.map(([message]) => message as string);

describe('onDecision is told', () => {
  const PEER = { peer: '127.0.0.1', address: '127.0.0.1', hops: 0, method: 'GET', path: '/metrics.json' };
  const behindProxy = { trustedProxies: ['127.0.0.1', '10.0.0.0/8'], trustedHosts: ['192.0.2.1'] };

  test.each<[string, Partial<MetricsRouterOptions>, RequestParts, AccessDecision]>([
    ['of a scrape', {}, {}, { decision: 'allow', ...PEER }],
    ['of the path without its query', {}, { target: '/metrics?a=b' }, { decision: 'allow', ...PEER, path: '/metrics' }],
    [
      'of the path of a target in absolute form',
      {},
      { target: 'http://[::1]:80/metrics.json?a' },
      { decision: 'allow', ...PEER },
    ],
    [
      'of the path without userinfo',
      {},
      { target: 'http://ada:secret@127.0.0.1/metrics.json' },
      { decision: 'deny', reason: 'userinfo', ...PEER },
    ],
    ['of OPTIONS, which is let in', {}, { method: 'OPTIONS' }, { decision: 'allow', ...PEER, method: 'OPTIONS' }],
    ['of another method', {}, { method: 'DELETE' }, { decision: 'deny', reason: 'method', ...PEER, method: 'DELETE' }],
    ['of a stranger', { trustedHosts: [] }, {}, { decision: 'deny', reason: 'not-trusted', ...PEER }],
    [
      'of a client behind proxies, and how many members were looked at',
      behindProxy,
      { headers: ['X-Forwarded-For: 198.51.100.1, 192.0.2.1, 10.1.1.1'] },
      { decision: 'allow', ...PEER, address: '192.0.2.1', hops: 2 },
    ],
    [
      'of a stranger behind proxies',
      behindProxy,
      { headers: ['X-Forwarded-For: 2001:DB8::0001'] },
      { decision: 'deny', reason: 'not-trusted', ...PEER, address: '2001:db8::1', hops: 1 },
    ],
  ])('%s', async (_case, options, parts, decision) => {
    const { server, decisions } = await serveMetrics(options);
    await send(server, requestText(parts));
    expect(decisions).toEqual([decision]);
  });

  test('of no address, where the forwarding header gives none', async () => {
    const { server, decisions } = await serveMetrics(behindProxy);
    await send(server, requestText({ headers: ['X-Forwarded-For: unknown, 10.1.1.1'] }));
    const { address: _, ...rest } = PEER;
    expect(decisions).toEqual([{ decision: 'deny', reason: 'forwarded-malformed', ...rest, hops: 2 }]);
  });

  test('of no address, where the header fields may have been cut off', async () => {
    const { server, decisions } = await serveMetrics();
    server.maxHeadersCount = 1;
    await send(server, requestText());
    const { address: _, ...rest } = PEER;
    expect(decisions).toEqual([{ decision: 'deny', reason: 'header-limit', ...rest }]);
  });

  test('once per request, before the source is asked', async () => {
    const told: string[] = [];
    const collect = () => {
      told.push('collected');
      return [];
    };
    const { server } = await serveMetrics({ source: { collect }, onDecision: ({ decision }) => told.push(decision) });
    await send(server, requestText());
    expect(told).toEqual(['allow', 'collected']);
  });

  test('of nothing outside of the endpoints', async () => {
    const { server, decisions } = await serveMetrics();
    for (const target of ['/', '/metrics/', '/METRICS', '/metrics.json/x']) await send(server, requestText({ target }));
    expect(decisions).toEqual([]);
  });
});

describe('a hook that fails changes nothing', () => {
  const failing: [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error('hook');
      },
    ],
    [
      'throws nothing',
      () => {
        throw undefined;
      },
    ],
    ['rejects', () => Promise.reject(new Error('hook'))],
    ['never resolves', () => new Promise(() => {})],
  ];

  test.each(failing)('onDecision %s', async (_case, hook) => {
    const { server } = await serveMetrics({ onDecision: hook as () => void });
    expect((await send(server, requestText())).status).toBe(200);
    expect((await send(server, requestText(), { from: '127.0.0.2' })).status).toBe(403);
    // Jest fails a test that leaves a rejection to nobody.
    await new Promise(setImmediate);
  });

  test.each(failing)('onError %s', async (_case, hook) => {
    const collect = () => Promise.reject(new Error('source'));
    const { server } = await serveMetrics({ source: { collect }, onError: hook as () => void });
    expect((await send(server, requestText())).status).toBe(500);
    // Jest fails a test that leaves a rejection to nobody.
    await new Promise(setImmediate);
  });
});

describe('warnings', () => {
  const SECRET = 'c2VjcmV0';
  const once =
    'once per reason and address, for the first 10 addresses; onDecision or NODE_DEBUG=express-metrics-json report each request';

  test.each<[string, string, Partial<MetricsRouterOptions>, RequestParts]>([
    ['not-trusted', 'add "127.0.0.1" to trustedHosts. ', { trustedHosts: [] }, {}],
    ['unexpected-forwarding-header', 'add "127.0.0.1" to trustedProxies', {}, { headers: [`Via: ${SECRET}`] }],
    ['forwarding-header-missing', 'trustedProxies', { trustedProxies: ['127.0.0.1'] }, {}],
    [
      'chain-exhausted',
      'trustedProxies',
      { trustedProxies: ['127.0.0.1'] },
      { headers: ['X-Forwarded-For: 127.0.0.1'] },
    ],
    ['http-version', 'allowHttp10: true', {}, { version: '1.0' }],
    ['http-authentication', 'address', {}, { headers: [`Authorization: Basic ${SECRET}`] }],
    ['userinfo', 'user:password@', {}, { target: `http://ada:${SECRET}@127.0.0.1/metrics` }],
    ['host-not-allowed', '***@metrics.internal', {}, { hosts: [`ada:${SECRET}@metrics.internal`] }],
    ['bad-query', 'name[]', {}, { target: `/metrics?name[]=&${SECRET}` }],
  ])('%s names the peer and what to change: %s', async (reason, option, options, parts) => {
    const { server } = await serveMetrics(options);
    warnings.mockClear();
    await send(server, requestText(parts));
    expect(warned()).toEqual([
      expect.stringMatching(new RegExp(`^metricsRouter: refused a request from 127\\.0\\.0\\.1: ${reason}\\. `)),
    ]);
    const [warning] = warned();
    expect(warning).toContain(option);
    expect(warning).toMatch(new RegExp(`\\(${once}\\)$`));
    expect(warning).not.toContain(SECRET);
  });

  const LONG = 'x'.repeat(61);

  test.each<[string, string]>([
    ['unknown', 'member 1 of 1 of X-Forwarded-For, got "unknown". Have 127.0.0.1, which'],
    ['127.0.0.1:99999, 127.0.0.1', 'member 1 of 2 of X-Forwarded-For, got "127.0.0.1:99999". '],
    ['192.0.2.1, a b, 10.0.0.2, 127.0.0.1', 'member 2 of 4 of X-Forwarded-For, got "a b". '],
    ['192.0.2.1, a b, 10.0.0.2, 127.0.0.1', 'Have the proxy that is member 3 write the address of its client there'],
    ['"\\\u00e9', '"\\"\\\\\\u00e9"'],
    ['x'.repeat(64), `"${LONG}xxx"`],
    ['x'.repeat(65), `"${LONG}..."`],
    [`${LONG}\u00e9`, `"${LONG}..."`],
    ['', 'member 1 of 1 of X-Forwarded-For, got "". '],
  ])('forwarded-malformed shows the member of %j and its position', async (value, text) => {
    const { server } = await serveMetrics({ trustedProxies: ['127.0.0.1', '10.0.0.0/8'] });
    await send(server, requestText({ headers: [`X-Forwarded-For: ${value}`] }));
    expect(warned()).toEqual([expect.stringContaining(`: forwarded-malformed. Expected an address as member `)]);
    expect(warned()).toEqual([expect.stringContaining(text)]);
  });

  test('forwarded-malformed shows the element of Forwarded', async () => {
    const { server } = await serveMetrics({ trustedProxies: ['127.0.0.1'], forwardedHeader: 'forwarded' });
    await send(server, requestText({ headers: ['Forwarded: for=_hidden;proto=https'] }));
    expect(warned()).toEqual([
      expect.stringContaining('Expected an address as member 1 of 1 of Forwarded, got "for=_hidden;proto=https". '),
    ]);
  });

  test.each<[string, RequestParts, string]>([
    [
      'as it was sent, and its name as it is to be listed',
      { hosts: ['Metrics.internal:3000'] },
      '"Metrics.internal:3000". If that name is yours, add "metrics.internal" to allowedHosts.',
    ],
    ['of an absolute target', { target: 'http://a.example/metrics' }, '"a.example". If that name is yours'],
    [
      'escaped, where it is none',
      { hosts: ['a\t"b'] },
      '"a\\u0009\\"b", which is not a host. Request one of these instead.',
    ],
    ['of at most 64 characters', { hosts: [`${'a'.repeat(70)}.example`] }, `"${'a'.repeat(61)}...".`],
  ])('host-not-allowed shows the host %s', async (_case, parts, text) => {
    const { server } = await serveMetrics();
    await send(server, requestText(parts));
    expect(warned()).toEqual([
      expect.stringContaining(
        `: host-not-allowed. Expected an IP address, localhost or a name in allowedHosts, got ${text}`,
      ),
    ]);
  });

  test('a name of more than 64 characters is not proposed, since it cannot be shown whole', async () => {
    const { server } = await serveMetrics();
    await send(server, requestText({ hosts: [`${'a'.repeat(70)}.example`] }));
    expect(warned()).toEqual([expect.not.stringContaining('add "')]);
  });

  test('not-trusted shows the default of trustedHosts, until another list is set', async () => {
    const { server, router } = await serveMetrics({ trustedProxies: ['127.0.0.1'] });
    await send(server, requestText(), { from: '127.0.0.2' });
    router.setTrustedHosts(['192.0.2.7']);
    await send(server, requestText(), { from: '127.0.0.3' });
    const [first, second] = warned();
    expect(first).toContain(`add "127.0.0.2" to trustedHosts (trustedHosts: ['::1', '127.0.0.2']).`);
    expect(second).toContain('add "127.0.0.3" to trustedHosts. ');
  });

  test.each<[string, Partial<MetricsRouterOptions>, RequestParts, string, string]>([
    ['a peer', {}, {}, 'a proxy that adds no header', ''],
    ['a peer that speaks HTTP/1.0', {}, { version: '1.0' }, 'nginx before 1.29.7', ''],
    [
      'the only member of the header',
      { trustedProxies: ['127.0.0.2'] },
      { headers: ['X-Forwarded-For: 192.0.2.7'] },
      'a proxy that adds no header',
      '',
    ],
    [
      'a member with others to its left',
      { trustedProxies: ['127.0.0.2'] },
      { headers: ['X-Forwarded-For: 198.51.100.3, 192.0.2.7'] },
      'add "192.0.2.7" to trustedProxies',
      'to trustedHosts',
    ],
  ])('not-trusted never proposes a network: %s', async (_case, options, parts, text, never) => {
    const { server } = await serveMetrics(options);
    await send(server, requestText(parts), { from: '127.0.0.2' });
    const [warning = ''] = warned();
    expect(warning).toContain(text);
    expect(warning).toContain('to trustedProxies');
    expect(warning).not.toMatch(/or its network|\/\d+"/);
    if (never !== '') expect(warning).not.toContain(never);
  });

  test('are given once for each reason, address and router', async () => {
    const { server } = await serveMetrics();
    const other = await serveMetrics();
    for (let n = 0; n < 3; n++) {
      await send(server, requestText(), { from: '127.0.0.2' });
      await send(server, requestText(), { from: '127.0.0.3' });
      await send(server, requestText({ headers: ['Authorization:'] }));
      await send(server, requestText({ target: '/metrics', headers: ['Authorization:'] }));
    }
    expect(warned()).toEqual([
      expect.stringContaining('from 127.0.0.2: not-trusted.'),
      expect.stringContaining('from 127.0.0.3: not-trusted.'),
      expect.stringContaining('from 127.0.0.1: http-authentication.'),
    ]);
    await send(other.server, requestText(), { from: '127.0.0.3' });
    expect(warned()[3]).toContain('from 127.0.0.3: not-trusted.');
  });

  test('are given for the first ten addresses of each reason', async () => {
    const { server } = await serveMetrics();
    const addresses = Array.from({ length: 12 }, (_, n) => `127.0.0.${n + 2}`);
    for (const from of [...addresses, ...addresses]) await send(server, requestText(), { from });
    expect(warned()).toEqual(
      addresses.slice(0, 10).map((address) => expect.stringContaining(`from ${address}: not-trusted.`)),
    );
    await send(server, requestText({ headers: ['Via: 1.1 proxy'] }), { from: '127.0.0.13' });
    expect(warned()[10]).toContain('from 127.0.0.13: unexpected-forwarding-header.');
  });

  test('are given for the first ten addresses behind a proxy, not for the proxy', async () => {
    const { server } = await serveMetrics({ trustedProxies: ['127.0.0.1'] });
    for (let n = 1; n <= 12; n++) await send(server, requestText({ headers: [`X-Forwarded-For: 192.0.2.${n}`] }));
    expect(warned()).toHaveLength(10);
    expect(warned()[9]).toContain('from 192.0.2.10 through the proxy 127.0.0.1: not-trusted.');
  });

  test('are not given for allowed requests', async () => {
    const { server } = await serveMetrics();
    for (const method of ['GET', 'HEAD', 'OPTIONS']) await send(server, requestText({ method }));
    expect(warned()).toEqual([]);
  });

  test('are given once per address that is let in and forwards for others, as it may be an unlisted proxy', async () => {
    const { server } = await serveMetrics({ trustedHosts: ['192.0.2.1'], trustedProxies: ['127.0.0.1'] });
    const ask = (chain: string) => send(server, requestText({ headers: [`X-Forwarded-For: ${chain}`] }));
    expect((await ask('192.0.2.1')).status).toBe(200);
    expect(warned()).toEqual([]);
    for (let n = 0; n < 3; n++) expect((await ask(`${SECRET}, 192.0.2.1`)).status).toBe(200);
    expect(warned()).toEqual([
      expect.stringMatching(
        /^metricsRouter: let in a request from 192\.0\.2\.1 through the proxy 127\.0\.0\.1\. .* add "192\.0\.2\.1" to trustedProxies\. /,
      ),
    ]);
    expect(warned()[0]).not.toContain(SECRET);
  });

  test.each<[string, Partial<MetricsRouterOptions>, string[]]>([
    ['nothing dangerous', { trustedHosts: ['10.0.0.0/8'], trustedProxies: ['127.0.0.1'] }, []],
    ['the default list, of which a proxy is one', { trustedProxies: ['127.0.0.1', '::1'] }, []],
    ['a list of which a proxy is a part', { trustedHosts: ['10.0.0.0/8'], trustedProxies: ['10.0.0.0/9'] }, []],
    [
      'allowAnyAddress',
      { allowAnyAddress: true },
      ['metricsRouter: allowAnyAddress is on: trustedHosts may allow every client.'],
    ],
    [
      'trusted hosts that are proxies too',
      {
        trustedHosts: ['192.0.2.1', '127.0.0.1', '10.1.0.0/16'],
        trustedProxies: ['127.0.0.1', '10.0.0.0/9', '10.128.0.0/9'],
      },
      [
        'metricsRouter: trustedHosts[1]: expected a client, got "127.0.0.1", which is in trustedProxies too and can never match; write it in one of the two lists',
        'metricsRouter: trustedHosts[2]: expected a client, got "10.1.0.0/16", which is in trustedProxies too and can never match; write it in one of the two lists',
      ],
    ],
  ])('at construction: %s', async (_case, options, expected) => {
    await serveMetrics(options);
    expect(warned()).toEqual(expected);
    for (const call of warnings.mock.calls) expect(call[1]).toBe('MetricsAccessWarning');
  });
});

test('NODE_DEBUG=express-metrics-json tells of each decision and of each failure on stderr', async () => {
  // Where nothing else listens, the debug log alone must say it: the process has to be one of its own.
  const program = `
    require.extensions['.ts'] = (module, file) => module._compile(
      require('@swc/core').transformFileSync(file, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } }).code, file);
    const { metricsRouter } = require(${JSON.stringify(join(__dirname, '../../lib/index.ts'))});
    const source = { collect() { throw new Error('out of order'); } };
    const server = require('express')().use(metricsRouter({ source })).listen(0, '127.0.0.1', async () => {
      const url = 'http://127.0.0.1:' + server.address().port;
      await fetch(url + '/metrics.json?a=b');
      await fetch(url + '/metrics', { headers: { 'X-Forwarded-For': 'c2VjcmV0' } });
      server.close();
      server.closeAllConnections();
    });`;
  const { stderr } = await promisify(execFile)(process.execPath, ['-e', program], {
    cwd: join(__dirname, '../..'),
    env: { ...process.env, NODE_DEBUG: 'express-metrics-json' },
    timeout: 30_000,
  });
  const lines = stderr.split('\n').filter((line) => line.startsWith('EXPRESS-METRICS-JSON '));
  expect(lines.map((line) => line.replace(/ \d+: /, ': '))).toEqual([
    'EXPRESS-METRICS-JSON: allow GET /metrics.json from 127.0.0.1',
    'EXPRESS-METRICS-JSON: collect failed: Error: out of order',
    'EXPRESS-METRICS-JSON: deny GET /metrics from 127.0.0.1 for an unknown client (0 hops): unexpected-forwarding-header',
  ]);
  expect(stderr).not.toContain('c2VjcmV0');
}, 60_000);
