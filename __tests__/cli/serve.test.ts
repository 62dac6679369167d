import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { metricValue, readMetrics } from '../../lib/reader.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../support/certificate.ts';
import { BuiltCommand, runHere } from '../support/command.ts';
import { closeServers, listen } from '../support/serve.ts';
import { JSON_TYPE, serving, TEXT_TYPE } from '../support/upstreams.ts';

const command = new BuiltCommand();
beforeAll(() => command.build());
afterAll(() => command.close());
afterEach(closeServers);

const upstreamOf = async (bodyOf: (req: IncomingMessage) => string) => {
  const server = await listen((req, res) => serving(TEXT_TYPE, bodyOf(req))(req, res));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};
const upstream = (body: string) => upstreamOf(() => body);

const http = (address: string) => `http://${address}`;
const DEPTH_4 = '# TYPE depth gauge\ndepth 4\n';

/** Starts the command, and gives the origin that it announces. */
async function start(...args: string[]) {
  const child = command.start('serve', '--port', '0', '--json', ...args);
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  for await (const line of createInterface(child.stdout)) {
    const { address, port, paths } = JSON.parse(line);
    return { child, address, paths, origin: `http://127.0.0.1:${port}`, stderr: () => stderr };
  }
  throw new Error(stderr);
}

test('a copy of another endpoint is served in both formats, on loopback if nothing else is trusted', async () => {
  const { origin, address, paths } = await start('--from', `http://${await upstream('depth{queue="a"} 3\n')}/m`);
  expect([address, paths]).toEqual(['127.0.0.1', ['/metrics.json', '/metrics']]);
  for (const path of paths) expect(metricValue(await readMetrics(origin + path), 'depth', { queue: 'a' })).toBe(3);
  expect((await fetch(`${origin}/metrics.html`)).status).toBe(404);
  expect((await fetch(`${origin}/other`)).status).toBe(404);
});

test('an address that is not trusted and an Authorization header are refused', async () => {
  const from = `http://${await upstream('depth 3\n')}/`;
  const stranger = await start('--from', from, '--trusted', '10.0.0.0/8', '192.168.0.1', '--host', '127.0.0.1');
  expect((await fetch(`${stranger.origin}/metrics`)).status).toBe(403);
  expect(stranger.stderr()).toMatch(
    /^express-metrics-json: serve: refused a request from 127\.0\.0\.1: not-trusted\. .*\n$/,
  );
  const trusted = await start('--from', from, '--trusted', '10.0.0.0/8', '127.0.0.1', '--host', '127.0.0.1');
  expect((await fetch(`${trusted.origin}/metrics`)).status).toBe(200);
  const headers = { Authorization: 'Basic eDp5' };
  expect((await fetch(`${trusted.origin}/metrics`, { headers })).status).toBe(403);
});

test('several endpoints are joined, and a missing one is shown and reported', async () => {
  const [a, b] = [await upstream('# TYPE depth gauge\ndepth 3\n'), await upstream('# TYPE depth gauge\ndepth 4\n')];
  const urls = [a, b, '127.0.0.1:1'].map((it) => `http://${it}/m?token=secret`);
  const { origin, stderr } = await start('--from', ...urls);
  const document = await readMetrics(`${origin}/metrics`);
  expect([a, b].map((instance) => metricValue(document, 'depth', { instance }))).toEqual([3, 4]);
  expect([a, b, '127.0.0.1:1'].map((instance) => metricValue(document, 'remote_up', { instance }))).toEqual([1, 1, 0]);
  expect(stderr()).toMatch(/^express-metrics-json: serve: http:\/\/127\.0\.0\.1:1\/m: .*ECONNREFUSED/m);
  expect(stderr()).not.toContain('secret');
});

test('endpoints with the same host and port are told apart by their paths', async () => {
  const host = await upstreamOf((req) => (req.url === '/a?token=secret' ? '# TYPE depth gauge\ndepth 3\n' : DEPTH_4));
  const other = await upstream(DEPTH_4);
  const { origin } = await start('--dashboard', '--from', ...[`${host}/a?token=secret`, `${host}/b`, other].map(http));
  const document = await readMetrics(`${origin}/metrics`);
  const instances = [`${host}/a`, `${host}/b`, other];
  expect(instances.map((instance) => metricValue(document, 'depth', { instance }))).toEqual([3, 4, 4]);
  expect(document.depth?.samples).toHaveLength(3);
  expect(await (await fetch(`${origin}/metrics.html`)).text()).toContain(instances.join(', '));
});

test.each([
  ['::1', '::1'],
  ['127.0.0.1', '127.0.0.1'],
])('it listens on %s if nothing else is trusted', async (trusted, expected) => {
  const { address } = await start('--from', 'http://127.0.0.1:1', '--trusted', trusted);
  expect(address).toBe(expected);
});

test('--dashboard adds the page, and --cache-for serves a document again', async () => {
  const server = await listen(serving(TEXT_TYPE, 'depth 3\n'));
  const requests = jest.fn();
  server.on('request', requests);
  const from = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { origin, paths } = await start('--from', from, '--dashboard', '--cache-for', '60000');
  expect(paths).toContain('/metrics.html');
  expect(await (await fetch(`${origin}/metrics.html`)).text()).toContain(from.replace('http://', ''));
  for (let i = 0; i < 3; i++) await readMetrics(`${origin}/metrics`);
  expect(requests).toHaveBeenCalledTimes(1);
});

test('an endpoint that fails gives an error to the scraper, and its reason to the log', async () => {
  const { origin, stderr } = await start('--from', 'http://127.0.0.1:1/');
  expect((await fetch(`${origin}/metrics`)).status).toBe(500);
  expect(stderr()).toMatch(
    /^express-metrics-json: serve: http:\/\/127\.0\.0\.1:1\/: .*ECONNREFUSED 127\.0\.0\.1:1: nothing listens there$/m,
  );
});

test('an endpoint whose certificate is not trusted is named without the option of a source', async () => {
  const server = createHttpsServer({ key: PRIVATE_KEY, cert: CERTIFICATE }, serving(TEXT_TYPE, DEPTH_4));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { origin, stderr } = await start('--from', `https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  expect((await fetch(`${origin}/metrics`)).status).toBe(500);
  server.close();
  expect(stderr()).toMatch(
    /: no trusted authority has signed its certificate; .* NODE_EXTRA_CA_CERTS to the file of its authority\n$/,
  );
});

test('an endpoint with another document is named without the options of a source, which the command has not', async () => {
  const server = await listen(serving('text/html', '<p>'));
  const from = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { origin, stderr } = await start('--from', from);
  expect((await fetch(`${origin}/metrics`)).status).toBe(500);
  expect(stderr()).toBe(
    `express-metrics-json: serve: ${from}: expected the Content-Type of a metrics document, got "text/html"\n`,
  );
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s completes the scrape in flight, and ends it with status 0',
  async (signal) => {
    const server = await listen((_req, res) => {
      res.setHeader('Content-Type', TEXT_TYPE);
      child.kill(signal);
      setTimeout(() => res.end('depth 3\n'), 100);
    });
    const { child, origin } = await start('--from', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const ended = once(child, 'close');
    expect(metricValue(await readMetrics(`${origin}/metrics`), 'depth')).toBe(3);
    expect(await ended).toEqual([0, null]);
  },
);

test("the unit of the page on KumoMTA serves KumoMTA's document unchanged", async () => {
  const page = readFileSync(join(__dirname, '../../docs/sources/kumomta.md'), 'utf8');
  const [, line = ''] = /^ExecStart=\S+\/express-metrics-json serve((?:.*\\\n)*.*)$/m.exec(page) ?? [];
  const sample = readFileSync(join(__dirname, '../vectors/kumomta-sample.json'), 'utf8');
  const server = await listen(serving(JSON_TYPE, sample));
  const here = { '10.20.0.7': '127.0.0.1', '127.0.0.1:8000': `127.0.0.1:${(server.address() as AddressInfo).port}` };
  const args = line
    .replace('--port 9464', '--port 0')
    .split(/[\s\\]+/)
    .filter(Boolean);
  expect(args).toContain('--trusted');
  const local = args.map((it) => Object.entries(here).reduce((text, [from, to]) => text.replace(from, to), it));
  const { origin, paths } = await start(...local);
  expect(paths).toEqual(['/metrics.json', '/metrics', '/metrics.html']);
  expect(await (await fetch(`${origin}/metrics.json`)).json()).toEqual(JSON.parse(sample));
});

test('a trusted address that requests another path is told which are served, and no one else', async () => {
  const from = ['--from', 'http://127.0.0.1:1', '--host', '127.0.0.1', '--dashboard'];
  const trusted = await start(...from);
  const answer = await fetch(`${trusted.origin}/other`);
  expect(await answer.text()).toBe('Not found. Served here: /metrics.json /metrics /metrics.html\n');
  expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'text/plain; charset=utf-8']);
  const head = await fetch(`${trusted.origin}/`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([404, '']);
  const withCredentials = await fetch(`${trusted.origin}/other`, { headers: { Authorization: 'Basic eDp5' } });
  expect([withCredentials.status, await withCredentials.text()]).toEqual([403, 'Forbidden\n']);
  const stranger = await start(...from, '--trusted', '10.0.0.1');
  const refused = await fetch(`${stranger.origin}/other`);
  expect([refused.status, await refused.text()]).toEqual([403, 'Forbidden\n']);
});

test('a port that is in use is an error that says what to write, with status 2', async () => {
  const { port } = (await listen(() => undefined)).address() as AddressInfo;
  expect(await runHere(['serve', '--from', 'http://127.0.0.1:1', '--port', String(port)])).toEqual({
    status: 2,
    stdout: '',
    stderr: `express-metrics-json: serve: --port: expected a port that is not in use, got ${port} (EADDRINUSE); write another one, or 0 for any\n`,
  });
});

test('an address that is not of this machine is an error that says what to write, with status 2', async () => {
  expect(await runHere(['serve', '--from', 'http://127.0.0.1:1', '--port', '0', '--host', '192.0.2.1'])).toEqual({
    status: 2,
    stdout: '',
    stderr:
      'express-metrics-json: serve: --host: expected an address of this machine, got "192.0.2.1" (EADDRNOTAVAIL); write 127.0.0.1, or leave it out for all\n',
  });
});

test.each([
  ['10/8', 'expected a network, got "10/8"; write "10.0.0.0/8"'],
  ['10.0.0.1/8', 'expected a network without host bits, got "10.0.0.1/8"; write "10.0.0.0/8"'],
  ['10.0.0.1,10.0.0.2', 'expected one network per entry, got "10.0.0.1,10.0.0.2"; write "10.0.0.1" "10.0.0.2"'],
  ['loopback', 'expected a network, not a name, got "loopback"; write "127.0.0.0/8" "::1"'],
  ['mail-1', 'expected an address, not a name, got "mail-1"; write the addresses'],
  ['any', 'expected an address, got "any"; write "10.20.0.7"'],
  ['unix:/run/a.sock', 'expected an address, got "unix:/run/a.sock"; write "10.20.0.7"'],
  ['0.0.0.0/0', 'expected less than every IPv4 address, got "0.0.0.0/0"; write those that you know'],
  ['https://u:pa55@h/', 'expected an address, got a text that may contain a secret; write "10.20.0.7"'],
])('a --trusted of %p is refused in the words of the command', async (network, message) => {
  const { status, stderr } = await runHere(['serve', '--from', 'http://h', '--trusted', '10.0.0.7', network]);
  expect(stderr).toContain(`express-metrics-json: serve: --trusted: ${message}`);
  expect(stderr).not.toMatch(/trustedHosts|allow[A-Z]|metricsRouter|pa55|\\u/);
  expect(status).toBe(64);
});

test.each<[string[], RegExp]>([
  [[], /serve: --from: expected a URL, got none; write --from http/],
  [['10.0.0.1'], /serve: expected options, got "10\.0\.0\.1"; write --from or --trusted before it/],
  [['https://u:pa55@h/metrics'], /serve: expected options, got a text that may contain a secret; write --from or/],
  [
    ['--from', 'https://u:pa55@h/metrics'],
    /serve: --from: expected a URL without credentials, got one with credentials; write it without them\n/,
  ],
  [['--from', 'http://h', '--host', 'https://u:pa55@h/'], /serve: --host: expected an address, got a text that may/],
  [['--from', 'http://h', '--port', 'https://u:pa55@h/'], /serve: --port: expected a whole .*, got a text that may/],
  [
    ['--from', '--trusted', '10.0.0.1'],
    /^express-metrics-json: serve: --from: expected a value, got "--trusted"; write --from VALUE\n/,
  ],
  [['--from'], /^express-metrics-json: serve: --from: expected a value, got none; write --from VALUE\n/],
  [['--host', '-x'], /serve: --host: expected a value, got "-x"; write --host=-x\n/],
  [
    ['--host', '-x@pa55'],
    /serve: --host: expected a value, got a text that may contain a secret; write --host=VALUE\n/,
  ],
  [['--dashboard=pa55'], /^express-metrics-json: serve: --dashboard: expected no value, got one; write --dashboard\n/],
  [['--from', 'http://h', '--port', '-1'], /serve: --port: expected a whole number from 0 to 65535, got "-1"; write /],
  [
    ['--from', 'http://h', '--cache-for', '-1'],
    /serve: --cache-for: expected a whole number from 0 to 3600000, got "-1"; write one such as 5000\n/,
  ],
  [
    ['--from', 'http://h/a?token=pa55', 'http://h/b', 'http://h/a?token=pa552'],
    /serve: --from: expected URLs with different hosts, ports or paths, got h\/a twice; write each endpoint once/,
  ],
  [['--from', 'localhost:1'], /serve: --from: expected an http or https URL, got "localhost:1"; write/],
  [
    ['--from', 'http://127.0.0.1', '--port', '70000'],
    /serve: --port: expected a whole number from 0 to 65535, got "70000"/,
  ],
  [['--from', 'http://127.0.0.1', '--port', '0.5'], /serve: --port: .*, got "0\.5"; write one such as 9464\n/],
  [['--from', 'http://127.0.0.1', '--cache-for', '0.5'], /serve: --cache-for: expected a whole number .*, got "0\.5"/],
  [['--from', 'http://127.0.0.1', '--trust', '10.0.0.1'], /got "--trust"; write --trusted/],
])('%p is a usage error, with status 64', async (args, message) => {
  const { status, stdout, stderr } = await runHere(['serve', ...args]);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/pa55|\\u/);
  expect([status, stdout]).toEqual([64, '']);
});
