import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type MetricsInput, metricDelta, metricValue, type ReadMetricsOptions, readMetrics } from '../../lib/reader.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../support/certificate.ts';
import { closeServers, listen, serveMetrics, watchWarnings } from '../support/serve.ts';
import { JSON_TYPE, OPEN_METRICS_TYPE, serving, TEXT_TYPE } from '../support/upstreams.ts';

beforeEach(() => {
  watchWarnings();
});
afterEach(closeServers);
afterEach(() => jest.restoreAllMocks());

const url = ({ address }: { address(): unknown }) => `http://127.0.0.1:${(address() as AddressInfo).port}/m`;
const urlOf = async (...answer: Parameters<typeof serving>) => {
  const server = await listen(serving(...answer));
  return url({ address: () => server.address() });
};
const vector = (name: string) => readFileSync(join(__dirname, '../vectors', name), 'utf8');

const JSON_TEXT = '{"depth":{"type":"gauge","help":"how deep","value":{"queue":{"a":3,"b":4}}}}';
const TEXT = '# HELP depth how deep\n# TYPE depth gauge\ndepth{queue="a"} 3\ndepth{queue="b"} 4\n';
const OPEN_METRICS = `${TEXT}# EOF\n`;

const DOCUMENT = {
  depth: {
    type: 'gauge',
    help: 'how deep',
    samples: [
      { labels: { queue: 'a' }, value: 3 },
      { labels: { queue: 'b' }, value: 4 },
    ],
  },
};

const FORMATS = [
  ['KumoMTA JSON', JSON_TEXT, JSON_TYPE],
  ['Prometheus text', TEXT, TEXT_TYPE],
  ['OpenMetrics', OPEN_METRICS, OPEN_METRICS_TYPE],
] as const;

describe.each(FORMATS)('%s is read from', (_format, text, type) => {
  test.each<[string, () => MetricsInput | Promise<MetricsInput>]>([
    ['its text', () => text],
    ['its text without the last line feed', () => text.trimEnd()],
    ['a URL string', () => urlOf(type, text)],
    ['a URL object', async () => new URL(await urlOf(type, text))],
    ['a URL in upper case', async () => (await urlOf(type, text)).replace('http', 'HTTP')],
    ['a compressed response', () => urlOf(type, gzipSync(text), { 'Content-Encoding': 'gzip' })],
    ['a Response', () => new Response(text, { headers: { 'Content-Type': type } })],
    ['the Response of a fetch()', async () => fetch(await urlOf(type, text))],
  ])('%s', async (_input, make) => {
    expect(await readMetrics(await make())).toEqual(DOCUMENT);
  });
});

test('the sample documents of KumoMTA are read', async () => {
  const [json, text] = await Promise.all(
    ['kumomta-sample.json', 'kumomta-sample.txt'].map((it) => readMetrics(vector(it))),
  );
  expect(Object.keys(json!).length).toBeGreaterThan(10);
  expect(metricValue(json!, 'lua_count')).toBe(1);
  expect(metricValue(text!, 'disk_free_inodes_percent', { name: 'meta spool' })).toBe(94);
});

test('the endpoint of this package is read with its own choice of a format', async () => {
  const { server } = await serveMetrics();
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const path of ['/metrics', '/metrics.json']) {
    expect(await readMetrics(origin + path)).toEqual({ up: { type: 'gauge', samples: [{ labels: {}, value: 1 }] } });
  }
});

test.each<[string, MetricsInput, ReadMetricsOptions, string[]]>([
  ['a quoted name at the beginning of a text', '{"queue.depth",queue="a"} 3\n', {}, ['queue.depth']],
  ['an empty JSON document', '{}', {}, []],
  ['an empty text', '', {}, []],
  ['JSON after white space', `\n ${JSON_TEXT}`, {}, ['depth']],
  ['JSON that a server of files sends as text', new Response(JSON_TEXT), {}, ['depth']],
  [
    'text of an unknown type, with a format',
    new Response(TEXT, { headers: { 'Content-Type': 'x/y' } }),
    { format: 'prometheus' },
    ['depth'],
  ],
  ['a Response without a body', new Response(null, { headers: { 'Content-Type': TEXT_TYPE } }), {}, []],
])('%s is recognised', async (_case, input, options, names) => {
  expect(Object.keys(await readMetrics(input, options))).toEqual(names);
});

test('characters of several bytes survive the division of a large text into chunks', async () => {
  const labels = Array.from({ length: 30_000 }, (_, i) => `😀${i}`);
  const text = labels.map((label, i) => `depth{queue="${label}"} ${i}\n`).join('');
  const { depth } = await readMetrics(text);
  expect(depth?.samples.map((it) => it.labels.queue)).toEqual(labels);
});

test('the groups of a family are joined', async () => {
  const document = await readMetrics('# TYPE a gauge\na{x="1"} 1\nb 2\na{x="2"} 3\n');
  expect(document.a?.samples.map((it) => it.value)).toEqual([1, 3]);
});

test('a response whose last line may be cut is refused', async () => {
  const server = await listen((req) => {
    // HTTP/1.0 without a length.
    req.socket.end(`HTTP/1.0 200 OK\r\nContent-Type: ${TEXT_TYPE}\r\n\r\ndepth 3`);
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(readMetrics(address)).rejects.toMatchObject({ code: 'ERR_METRICS_MALFORMED_DOCUMENT' });
});

test('the unit of OpenMetrics is part of the family', async () => {
  const text = '# TYPE wait_seconds gauge\n# UNIT wait_seconds seconds\nwait_seconds 3\n# EOF\n';
  expect(await readMetrics(text)).toMatchObject({ wait_seconds: { type: 'gauge', unit: 'seconds' } });
});

test('headers are sent', async () => {
  const server = await listen((req, res) => {
    res.setHeader('Content-Type', TEXT_TYPE);
    res.end(`sent{x="${req.headers['x-scope']}",auth="${req.headers.authorization}"} 1\n`);
  });
  const document = await readMetrics(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    headers: { 'X-Scope': 'a' },
  });
  expect(metricValue(document, 'sent', { x: 'a', auth: 'undefined' })).toBe(1);
});

test('user info of a URL is sent as Basic credentials', async () => {
  const server = await listen((req, res) =>
    serving(TEXT_TYPE, `sent{auth="${req.headers.authorization}"} 1\n`)(req, res),
  );
  const document = await readMetrics(`http://u:p@127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(metricValue(document, 'sent', { auth: `Basic ${btoa('u:p')}` })).toBe(1);
});

test('a response that switches to another protocol is an error', async () => {
  const server = await listen((req) => {
    req.socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/m`;
  const message = `readMetrics: GET ${address}: the connection failed: it was closed without a response, or after 101 `;
  await expect(readMetrics(address)).rejects.toMatchObject({
    code: 'ERR_METRICS_SCRAPE_FAILED',
    message: expect.stringContaining(message),
  });
});

test('metricDelta works on two documents of different formats', async () => {
  const [before, after] = [
    await readMetrics('# TYPE x counter\nx 2\n'),
    await readMetrics('{"x":{"type":"counter","value":5}}'),
  ];
  expect(metricDelta(before, after, 'x')).toBe(3);
});

test('a missing name suggests the nearest ones', async () => {
  expect(() => metricValue({ queue_depth: { type: 'gauge', samples: [] } }, 'queue_deph')).toThrow(
    /did you mean "queue_depth"\?/,
  );
});

describe('the error names the place and the reason when', () => {
  const problem = { status: 403, headers: { 'Content-Type': 'application/problem+json' } };
  test.each<[string, MetricsInput, string, RegExp]>([
    ['a text is malformed', 'depth 3\nnonsense\n', 'ERR_METRICS_MALFORMED_DOCUMENT', /^readMetrics: text: line 2: /],
    ['JSON is malformed', '{"depth":', 'ERR_METRICS_MALFORMED_DOCUMENT', /^readMetrics: text: byte 9: /],
    [
      'a family occurs twice in JSON',
      '{"a":{"type":"gauge","value":1},"a":{"type":"gauge","value":1}}',
      'ERR_METRICS_MALFORMED_DOCUMENT',
      /the family "a" occurs twice$/,
    ],
    [
      'a Response is a page',
      new Response('<p>', { headers: { 'Content-Type': 'text/html' } }),
      'ERR_METRICS_SCRAPE_FAILED',
      /^readMetrics: response: expected JSON, .*got text\/html; write the path/,
    ],
    [
      'a Response has another status',
      new Response('', { status: 502 }),
      'ERR_METRICS_SCRAPE_FAILED',
      /expected status 200, got 502 Bad Gateway\.$/,
    ],
    [
      'a Response is a refusal',
      new Response('{"detail":"Forbidden"}', problem),
      'ERR_METRICS_SCRAPE_FAILED',
      /got 403 Forbidden\. .*trustedHosts/,
    ],
    [
      'a refusal has a detail',
      new Response('{"detail":"Mondays"}', problem),
      'ERR_METRICS_SCRAPE_FAILED',
      /got 403 Forbidden, "Mondays"\. /,
    ],
    [
      'no server listens',
      'http://user:secret@127.0.0.1:1/m?token=secret',
      'ERR_METRICS_SCRAPE_FAILED',
      /^readMetrics: GET http:\/\/127\.0\.0\.1:1\/m: the connection failed: .*ECONNREFUSED/,
    ],
  ])('%s', async (_case, input, code, message) => {
    const error = await readMetrics(input).catch((error) => error);
    expect(error).toMatchObject({ name: 'MetricsError', code, message: expect.stringMatching(message) });
    expect(error.message).not.toContain('secret');
  });
});

describe('a failure of TLS says what to change', () => {
  const secure = createServer({ key: PRIVATE_KEY, cert: CERTIFICATE }, serving(TEXT_TYPE, TEXT));
  beforeAll(() => once(secure.listen(0, '127.0.0.1'), 'listening'));
  afterAll(() => {
    secure.close();
    secure.closeAllConnections();
  });

  test.each([
    [
      'https',
      /failed: no trusted authority has signed its certificate; set .* NODE_EXTRA_CA_CERTS to the file of its authority$/,
    ],
    ['http', /failed: socket hang up before a response; a server that expects https:/],
  ])('from a server with a certificate of its own, by %s', async (scheme, message) => {
    const { port } = secure.address() as AddressInfo;
    await expect(readMetrics(`${scheme}://127.0.0.1:${port}/m`)).rejects.toThrow(message);
  });

  test('from a server without TLS', async () => {
    const plain = await urlOf(TEXT_TYPE, TEXT);
    await expect(readMetrics(plain.replace('http:', 'https:'))).rejects.toThrow(
      /failed: the server does not speak TLS as expected \([a-z ]+\); write http/,
    );
  });
});

test.each([
  [301, /Redirects are not followed\. Write the URL that it redirects to$/],
  [401, /It asks for credentials\. Write them in the URL/],
])('status %i says what to change', async (status, message) => {
  const server = await listen((_req, res) => void res.writeHead(status).end());
  await expect(readMetrics(url({ address: () => server.address() }))).rejects.toThrow(message);
});

test('a redirect is not followed, and credentials in a URL are not shown', async () => {
  const target = await listen(serving(TEXT_TYPE, TEXT));
  const server = await listen((_req, res) => {
    res.writeHead(302, { Location: `http://127.0.0.1:${(target.address() as AddressInfo).port}/` }).end();
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(readMetrics(address)).rejects.toThrow(/expected status 200, got 302 Found\./);
});

test('the error for a redirect names its target without the parts that may be secret', async () => {
  const server = await listen((_req, res) => void res.writeHead(301, { Location: '/m2?token=secret' }).end());
  const address = url({ address: () => server.address() });
  const expected = `Redirects are not followed. Write the URL that it redirects to: ${address}2`;
  for (const input of [address, await fetch(address, { redirect: 'manual' })]) {
    await expect(readMetrics(input)).rejects.toThrow(new RegExp(`${expected}$`));
  }
});

test.each<[string, number, string, RegExp]>([
  ['a text', 500, 'out of paper\nand more', /got 500 Internal Server Error, "out of paper"\. The source failed/],
  ['a long text', 502, 'x'.repeat(5_000), /got 502 Bad Gateway, "x{200}"\.$/],
  ['a page that was sent as text', 502, '<p>no</p>', /got 502 Bad Gateway\.$/],
  ['a refusal of this package', 400, 'Malformed query\n', /"Malformed query"\. Expected a valid query string/],
])('the error for another status shows the first line of its body: %s', async (_case, status, text, message) => {
  const response = new Response(text, { status, headers: { 'Content-Type': 'text/plain' } });
  await expect(readMetrics(response)).rejects.toThrow(message);
});

test('credentials that this package refuses are named as the reason', async () => {
  const { server } = await serveMetrics();
  const address = url({ address: () => server.address() })
    .replace('http://', 'http://u:p@')
    .replace(/m$/, 'metrics');
  await expect(readMetrics(address)).rejects.toThrow(/Remove the credentials from the scraper .* and from its URL/);
});

test.each<[string, string, Buffer, RegExp]>([
  [
    'an unknown coding',
    'zstd',
    Buffer.from(TEXT),
    /^readMetrics: GET \S+: expected a Content-Encoding of gzip, br, deflate, got "zstd"$/,
  ],
  ['a body that is not compressed', 'gzip', Buffer.from(TEXT), /: the body cannot be decompressed: incorrect header/],
  ['a body that is cut', 'gzip', gzipSync(TEXT).subarray(0, 30), /: the body cannot be decompressed: unexpected end/],
  ['other bytes for Brotli', 'br', Buffer.from(TEXT.repeat(9)), /: the body cannot be decompressed: /],
])('%s is an error with its reason', async (_case, coding, body, message) => {
  const address = await urlOf(TEXT_TYPE, body, { 'Content-Encoding': coding });
  await expect(readMetrics(address)).rejects.toMatchObject({
    code: 'ERR_METRICS_SCRAPE_FAILED',
    message: expect.stringMatching(message),
  });
});

test('the error for a port without a server says so', async () => {
  await expect(readMetrics('http://127.0.0.1:1/m')).rejects.toThrow(
    /ECONNREFUSED 127\.0\.0\.1:1: nothing listens there$/,
  );
});

test('an aborted signal ends the request', async () => {
  const server = await listen(() => undefined);
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const controller = new AbortController();
  server.once('request', () => controller.abort(new Error('enough')));
  await expect(readMetrics(address, { signal: controller.signal })).rejects.toThrow(
    /readMetrics: GET \S+: aborted: enough$/,
  );
});

test.each<[string, () => MetricsInput | Promise<MetricsInput>]>([
  ['a text', () => TEXT],
  ['a Response', () => new Response(TEXT, { headers: { 'Content-Type': TEXT_TYPE } })],
  ['JSON', () => JSON_TEXT],
])('an aborted signal ends the parsing of %s that has arrived', async (_input, make) => {
  const signal = AbortSignal.abort('enough');
  await expect(readMetrics(await make(), { signal })).rejects.toMatchObject({
    code: 'ERR_METRICS_SCRAPE_FAILED',
    message: expect.stringMatching(/^readMetrics: (text|response): aborted: enough$/),
  });
});

test('a document whose parsing takes longer than the signal allows is aborted', async () => {
  const text = Array.from({ length: 200_000 }, (_, i) => `depth{queue="${i}"} 3\n`).join('');
  const controller = new AbortController();
  const reading = readMetrics(text, { signal: controller.signal });
  setImmediate(() => controller.abort(new Error('enough')));
  await expect(reading).rejects.toThrow('aborted: enough');
});

test('a body that is not a document leaves no connection open', async () => {
  const server = await listen((_req, res) => void res.writeHead(200, { 'Content-Type': 'text/html' }).write('<p>'));
  const closed = new Promise((resolve) => server.once('connection', (socket) => socket.once('close', resolve)));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(readMetrics(address)).rejects.toThrow(/got text\/html/);
  await closed;
});

test.each<[unknown, object, RegExp]>([
  [
    '127.0.0.1:3000/metrics',
    {},
    /^readMetrics: input: expected an http or https URL, .*, got another string or URL; write "http:/,
  ],
  ['http://secret', { format: 'xml' }, /^readMetrics: format: expected "auto" or "json" .*, got "xml"; write /],
  [new URL('ftp://user:secret@127.0.0.1'), {}, /got another string or URL; write/],
  [undefined, {}, /got undefined; write "http:/],
  [fetch, {}, /got \[Function/],
  [Promise.resolve('x'), {}, /got \[Promise\]; write await fetch\(…\): the await is missing$/],
  ['x 1', { headers: ['a'] }, /^readMetrics: headers: expected an object of headers/],
  ['x 1', { signal: 5 }, /^readMetrics: signal: expected an AbortSignal, got 5; write AbortSignal\.timeout\(5000\)$/],
  ['x 1', { header: {} }, /^readMetrics: options: .*did you mean "headers"\?$/],
])('%p with %p is a TypeError', async (input, options, message) => {
  const error = await readMetrics(input as string, options).catch((error) => error);
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toMatch(message);
  expect(error.message).not.toContain('secret');
});

test('a Response that was read already is a TypeError', async () => {
  const response = new Response(TEXT);
  await response.text();
  const locked = new Response(TEXT);
  locked.body?.getReader();
  for (const it of [response, locked]) {
    await expect(readMetrics(it)).rejects.toThrow(/input: expected a Response whose body was not read/);
  }
});
