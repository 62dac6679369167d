import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { withoutOptions } from '../../lib/cli/command.ts';
import { Output } from '../../lib/cli/output.ts';
import { createServeWarnings } from '../../lib/cli/serve-hints.ts';
import { createListener } from '../../lib/cli/serve-listener.ts';
import type { MetricsRouterOptions } from '../../lib/index.ts';
import { type RemoteSourceOptions, remoteSource } from '../../lib/sources/remote.ts';
import { collectAll } from '../support/collect.ts';
import { type RequestParts, requestText, send } from '../support/raw-http.ts';
import { closeServers, listen, watchWarnings } from '../support/serve.ts';
import { TEXT_TYPE } from '../support/upstreams.ts';

afterEach(async () => {
  await closeServers();
  jest.restoreAllMocks();
});

/** Serves like the command, and collects what it writes to the standard error. */
async function serveHere(options: MetricsRouterOptions = {}) {
  const stderr = new PassThrough({ encoding: 'utf8' });
  const warnings = createServeWarnings(new Output(process.stdout, stderr));
  const source = { collect: () => [] };
  const server = await listen(createListener({ source, ...options }, ['/metrics.json', '/metrics'], warnings));
  const request = (parts: RequestParts, from?: string) => send(server, requestText(parts), { from });
  return { request, printed: (): string => stderr.read() ?? '' };
}

/** Names from the package's functions. */
const OPTIONS = /metricsRouter|trustedIp|trusted[HP]|forwardedHeader|allow[A-Z]|allowedH|max[HI]|cacheFor|onDecision/;

const ONCE =
  '(once per reason and address, for the first 10 addresses; NODE_DEBUG=express-metrics-json reports each request)\n';

test.each<[string, RequestParts, string]>([
  ['header-limit', { headers: Array.from({ length: 1999 }, (_, i) => `X-${i}: 1`) }, 'Send fewer.'],
  [
    'unexpected-forwarding-header',
    { headers: ['Via: 1.1 proxy'] },
    'If 127.0.0.1 is a proxy: serve takes requests without a proxy only: have the scraper connect to it directly.',
  ],
  ['http-version', { version: '1.0' }, 'If 127.0.0.1 is your scraper, have it speak HTTP/1.1.'],
  ['duplicate-host', { hosts: ['127.0.0.1', 'localhost'] }, 'Expected one host, got two Host headers'],
  ['userinfo', { target: 'http://ada:pa55@127.0.0.1/metrics' }, 'HTTP authentication is not permitted.'],
  ['http-authentication', { headers: ['Authorization: pa55'] }, 'only its address is checked.'],
  ['cross-site', { headers: ['Origin: http://example.org'] }, 'Open the URL itself'],
  [
    'host-not-allowed',
    { hosts: ['mail.example:9464'] },
    'Expected an IP address or localhost as host, got "mail.example:9464". Request an IP address or localhost.',
  ],
  ['bad-query', { target: '/metrics?name[]=' }, 'Expected a valid query string'],
  ['method', { method: 'DELETE' }, 'Use GET or HEAD.'],
])('a refusal for %s is explained without options that the command does not have', async (reason, parts, hint) => {
  const ofProcess = watchWarnings();
  const { request, printed } = await serveHere();
  await request(parts);
  const warning = printed();
  expect(warning).toContain(`express-metrics-json: serve: refused a request from 127.0.0.1: ${reason}. Expected `);
  expect(warning).toContain(hint);
  expect(warning.endsWith(ONCE)).toBe(true);
  expect(warning).not.toMatch(OPTIONS);
  expect(warning).not.toContain('pa55');
  expect(ofProcess).not.toHaveBeenCalled();
});

test('an untrusted client is named once for all paths, with the argument that lets it in', async () => {
  const ofProcess = watchWarnings();
  const before = await serveHere();
  for (const target of ['/metrics', '/other', '/metrics.json']) {
    expect((await before.request({ target }, '127.0.0.2')).status).toBe(403);
  }
  const warning = before.printed();
  expect(warning).toBe(
    `express-metrics-json: serve: refused a request from 127.0.0.2: not-trusted. Expected an address in --trusted, got 127.0.0.2. If 127.0.0.2 is your scraper, add "127.0.0.2" to --trusted (--trusted 127.0.0.1 ::1 127.0.0.2). Behind source NAT (Docker, Kubernetes) or a proxy that adds no header, all clients have this address. ${ONCE}`,
  );
  expect(ofProcess).not.toHaveBeenCalled();

  const [, list = ''] = /\(--trusted (.*?)\)/.exec(warning) ?? [];
  const after = await serveHere({ trustedHosts: list.split(' ') });
  for (const from of ['127.0.0.1', '127.0.0.2']) expect((await after.request({}, from)).status).toBe(200);
  expect((await after.request({}, '127.0.0.3')).status).toBe(403);
  expect(after.printed()).toContain('If 127.0.0.3 is your scraper, add "127.0.0.3" to --trusted. ');
});

test('an untrusted client that speaks HTTP/1.0 is named as a possible proxy', async () => {
  const { request, printed } = await serveHere();
  await request({ version: '1.0' }, '127.0.0.2');
  const warning = printed();
  expect(warning).toContain(
    'got 127.0.0.2 over HTTP/1.0, as from nginx before 1.29.7 by default. If 127.0.0.2 is a proxy: ',
  );
  expect(warning).toContain(
    'have it speak HTTP/1.1 and add "127.0.0.2" to --trusted (--trusted 127.0.0.1 ::1 127.0.0.2).',
  );
  expect(warning).not.toMatch(OPTIONS);
});

test('more scrapes at once than are served are explained with --cache-for', async () => {
  let end = (): void => undefined;
  const ended = new Promise<[]>((resolve) => {
    end = () => resolve([]);
  });
  const { request, printed } = await serveHere({ source: { collect: () => ended } });
  const names = ['a', 'b', 'c', 'd', 'e'];
  const responses = Promise.all(names.map((name) => request({ target: `/metrics?name[]=${name}` }).finally(end)));
  expect((await responses).map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 503]);
  const warning = printed();
  expect(warning).toContain('too-many-scrapes. Expected fewer scrapes at once, got more. ');
  expect(warning).toContain('or raise --cache-for. ');
  expect(warning).not.toMatch(OPTIONS);
});

test.each<[string, RemoteSourceOptions]>([
  ['no answer within 50 ms', { timeout: 50 }],
  ['expected at most 1 bytes, got more', { maxBytes: 1 }],
  ['expected at most 1 series, got more', { maxSeries: 1 }],
  ['expected at most 1 families, got more', { maxFamilies: 1 }],
])('an endpoint that exceeds a limit is told of without the option of its source: %s', async (reason, options) => {
  const server = await listen((_req, res) => {
    res.setHeader('Content-Type', TEXT_TYPE);
    if (options.timeout === undefined) res.end('a 1\na{b="c"} 2\nd 3\n');
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { message } = await collectAll(remoteSource(url, options)).then(
    () => new Error('it did not fail'),
    (error: Error) => error,
  );
  expect(message).toContain('the option');
  expect(withoutOptions(message)).toBe(`${url}: ${reason}`);
});
