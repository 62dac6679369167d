import { gzipSync } from 'node:zlib';
import express from 'express';
import { type DashboardOptions, dashboard } from '../lib/dashboard.ts';
import { type MetricsRouterOptions, metricsRouter } from '../lib/index.ts';
import { portOf, requestPath } from './support/clients.ts';
import { EXPRESS_VERSIONS, loadExpress } from './support/express-versions.ts';
import { type RequestParts, requestText, send } from './support/raw-http.ts';
import { listen, serveMetrics } from './support/serve.ts';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

async function serve(options: Partial<MetricsRouterOptions> = {}, pageOptions?: DashboardOptions) {
  const served = await serveMetrics({ dashboard: dashboard(pageOptions), ...options });
  const get = (target: string, parts: RequestParts = {}, from?: string) =>
    send(served.server, requestText({ target, ...parts }), { from });
  return { ...served, get };
}

/** Returns the files that a page refers to, relative to the page. */
const filesIn = (html: string) =>
  [...html.matchAll(/(?:src|href|data-worker)="([^"]+\.(?:js|css|svg))"/g)].map(([, file]) => file!);

test('the page is served beside the documents, is not cached, and has a content security policy', async () => {
  const { get } = await serve();
  const { status, header, body } = await get('/metrics.html');
  expect(status).toBe(200);
  expect(header('content-type')).toBe('text/html; charset=utf-8');
  expect(header('content-security-policy')).toBe(POLICY);
  expect(header('cache-control')).toBe('no-store');
  expect(header('referrer-policy')).toBe('no-referrer');
  expect(header('x-content-type-options')).toBe('nosniff');
  expect(header('cross-origin-resource-policy')).toBe('same-origin');
  // No inline code, style or handler, and only relative addresses.
  expect(body).not.toMatch(/<script(?! src=)|<style|\sstyle=|\son\w+=|(src|href)="(\/|\w+:)|\{\{/);
});

test('the files have a hash in their names and are cached by browsers only', async () => {
  const { get } = await serve();
  const files = filesIn((await get('/metrics.html')).body);
  expect(files.map((file) => file.replace(/-[A-Z0-9]{8}\./, '-HASH.')).sort()).toEqual([
    'metrics.app-HASH.js',
    'metrics.icon-HASH.svg',
    'metrics.style-HASH.css',
    'metrics.worker-HASH.js',
  ]);
  for (const file of files) {
    const { status, header } = await get(`/${file}`);
    expect([file, status, header('cache-control')]).toEqual([file, 200, 'private, max-age=31536000, immutable']);
    expect(header('content-security-policy')).toBe(POLICY);
    expect(header('content-type')).toMatch(/^(text\/javascript|text\/css|image\/svg\+xml)/);
  }
});

test('page and files together are less than 100 KB, compressed', async () => {
  const { get } = await serve();
  const html = (await get('/metrics.html')).body;
  const bodies = await Promise.all(filesIn(html).map(async (file) => (await get(`/${file}`)).body));
  const size = [html, ...bodies].reduce((sum, text) => sum + gzipSync(text).length, 0);
  expect(size).toBeGreaterThan(10_000);
  expect(size).toBeLessThan(100_000);
});

test.each(['br', 'gzip'])('the page is compressed for clients that accept %s', async (coding) => {
  const app = express().use(metricsRouter({ source: { collect: () => [] }, dashboard: dashboard() }));
  const port = await portOf(app);
  const plain = await requestPath(port, '/metrics.html');
  const compressed = await requestPath(port, '/metrics.html', { headers: { 'accept-encoding': coding } });
  expect([plain.headers['content-encoding'], compressed.headers['content-encoding']]).toEqual([undefined, coding]);
  expect(compressed.body.length).toBeLessThan(plain.body.length);
  expect(compressed.text).toBe(plain.text);
});

test('compression: false applies to the page too', async () => {
  const { get } = await serve({ compression: false });
  expect(
    (await get('/metrics.html', { headers: ['Accept-Encoding: gzip'] })).header('content-encoding'),
  ).toBeUndefined();
});

describe('the guards of the documents protect the page and its files', () => {
  const STRANGER = '127.0.0.2';

  test.each<[string, RequestParts, string | undefined, number, string | undefined]>([
    ['a stranger', {}, STRANGER, 403, 'not-trusted'],
    ['a stranger by POST', { method: 'POST' }, STRANGER, 403, 'not-trusted'],
    ['a stranger by OPTIONS', { method: 'OPTIONS' }, STRANGER, 403, 'not-trusted'],
    ['an unlisted proxy', { headers: ['Via: 1.1 a'] }, undefined, 403, 'unexpected-forwarding-header'],
    ['credentials', { headers: ['Authorization: Basic eDp5'] }, undefined, 403, 'http-authentication'],
    ['empty credentials', { headers: ['Authorization:'] }, undefined, 403, 'http-authentication'],
    ['another site', { headers: ['Origin: https://evil.example'] }, undefined, 403, 'cross-site'],
    [
      'a frame of another site',
      { headers: ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe'] },
      undefined,
      403,
      'cross-site',
    ],
    ['a name that was rebound', { hosts: ['evil.example'] }, undefined, 403, 'host-not-allowed'],
    ['two hosts', { hosts: ['a', 'b'] }, undefined, 400, 'duplicate-host'],
    ['HTTP/1.0', { version: '1.0' }, undefined, 505, 'http-version'],
    ['POST', { method: 'POST' }, undefined, 405, 'method'],
    [
      'a link of another site',
      { headers: ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'] },
      undefined,
      200,
      undefined,
    ],
    [
      'its own script',
      { headers: ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: script'] },
      undefined,
      200,
      undefined,
    ],
    ['HEAD', { method: 'HEAD' }, undefined, 200, undefined],
    ['OPTIONS', { method: 'OPTIONS' }, undefined, 204, undefined],
  ])('%s', async (_who, parts, from, status, reason) => {
    const { get, decisions, collect } = await serve();
    const targets = ['/metrics.html', ...filesIn((await get('/metrics.html')).body).map((file) => `/${file}`)];
    const document = await get('/metrics', parts, from);
    for (const target of targets) {
      const answer = await get(target, parts, from);
      expect([target, answer.status]).toEqual([target, status]);
      expect(decisions.at(-1)).toMatchObject({ path: target, decision: status < 300 ? 'allow' : 'deny' });
      expect(decisions.at(-1)?.reason).toBe(reason);
      if (status >= 400) expect(answer.body).toBe(document.body);
    }
    if (status >= 400) expect(collect).not.toHaveBeenCalled();
  });

  test('all untrusted clients get the same response, byte for byte', async () => {
    const { get } = await serve();
    const visible = ({ head, body }: Awaited<ReturnType<typeof get>>) => [
      head.filter((line) => !/^(Date|Connection|Keep-Alive):/.test(line)),
      body,
    ];
    const [plain, ...others] = await Promise.all(
      [
        {},
        { headers: ['Authorization: x'] },
        { hosts: ['evil.example'] },
        { method: 'PUT' },
        { target: '/metrics.html?a' },
      ].map((parts) => get('/metrics.html', parts, STRANGER)),
    );
    for (const other of others) expect(visible(other)).toEqual(visible(plain!));
  });

  test('hideFromUntrusted hides the page', async () => {
    const { get } = await serve({ hideFromUntrusted: true });
    const elsewhere = await get('/nowhere', {}, STRANGER);
    expect((await get('/metrics.html', {}, STRANGER)).status).toBe(elsewhere.status);
    expect((await get('/metrics.html')).status).toBe(200);
  });
});

test.each(EXPRESS_VERSIONS)('the page works below any mount path and with any path option: %s', async (version) => {
  const { express, library } = loadExpress(version);
  const router = library.metricsRouter({
    source: { collect: () => [] },
    path: '/internal/up~1.x',
    dashboard: dashboard(),
  });
  const server = await listen(express().use('/ops', router));
  const get = (target: string) => send(server, requestText({ target }));
  const { status, body } = await get('/ops/internal/up~1.x.html');
  expect(status).toBe(200);
  expect(body).toContain('data-document="up~1.x.json"');
  for (const file of filesIn(body)) expect((await get(`/ops/internal/${file}`)).status).toBe(200);
  const wrong = [
    '/ops/metrics.html',
    '/ops/internal/up~1.x.html/',
    '/ops/internal/up~1.x.HTML',
    '/ops/internal/up~1.x.app-.js',
  ];
  for (const target of wrong) expect((await get(target)).status).toBe(404);
});

test("without the option, the router does not handle the page's path", async () => {
  const app = express()
    .use(metricsRouter({ source: { collect: () => [] } }))
    .get('/metrics.html', (_req, res) => void res.send("the app's own"));
  expect((await send(await listen(app), requestText({ target: '/metrics.html' }))).body).toBe("the app's own");
});

describe('options', () => {
  test('the title is escaped, and the interval is in the page', async () => {
    const { get } = await serve({}, { title: '<b>&"', interval: 30_000 });
    const { body } = await get('/metrics.html');
    expect(body).toContain('<title>&lt;b&gt;&amp;&quot;</title>');
    expect(body).toContain('data-interval="30"');
    expect(body).toContain('data-rollups="true"');
    const thresholds = [{ name: '"<a>', above: 1.5 }];
    expect((await (await serve({}, { thresholds })).get('/metrics.html')).body).toContain(
      'data-thresholds="[{&quot;name&quot;:&quot;\\&quot;&lt;a&gt;&quot;,&quot;above&quot;:1.5}]"',
    );
    expect((await (await serve({}, { rollups: false })).get('/metrics.html')).body).toContain('data-rollups="false"');
  });

  test.each([
    [{ title: '' }, 'dashboard: title: expected a string of 1 to 100 characters, got ""; write "Metrics"'],
    [
      { interval: 500 },
      'dashboard: interval: expected whole seconds in milliseconds, from 1000 to 60000, got 500; write 5000',
    ],
    [
      { thresholds: [{ name: 'a', above: '5' }] },
      /^dashboard: thresholds: expected a list of at most 100 thresholds, each with a name and a number, got .*; write \[\{ name: "queue_depth", above: 1000 \}\]$/,
    ],
    [{ thresholds: [{ name: '', above: 5 }] }, /^dashboard: thresholds: /],
    [{ thresholds: [null] }, /^dashboard: thresholds: /],
    [{ thresholds: Array(101).fill({ name: 'a', above: 1 }) }, /^dashboard: thresholds: /],
    [{ rollups: 1 }, 'dashboard: rollups: expected a boolean, got 1; write true or false'],
    [{ interval: 61_000 }, /^dashboard: interval: expected whole seconds .*, got 61000; /],
    [{ interval: '5s' }, /^dashboard: interval: expected whole seconds .*, got "5s"; /],
    [
      { colour: 'red' },
      /^dashboard: options: expected the name of an option, got "colour"; write one of title, interval, rollups, thresholds, history, historyBytes$/,
    ],
  ])('%j is a TypeError', (options, message) => {
    expect(() => dashboard(options as DashboardOptions)).toThrow(TypeError);
    expect(() => dashboard(options as DashboardOptions)).toThrow(message);
  });

  test.each([[true], [{}], [dashboard]])('metricsRouter refuses %p as its dashboard', (wrong) => {
    const options = { source: { collect: () => [] }, dashboard: wrong } as unknown as MetricsRouterOptions;
    expect(() => metricsRouter(options)).toThrow(
      /^metricsRouter: dashboard: expected a dashboard, got .*; write dashboard\(\) of/,
    );
  });
});
