import { createServer, type Socket } from 'node:net';
import { type RemoteSourceOptions, remoteSource } from '../../lib/sources/remote.ts';
import { serve } from '../support/clients.ts';
import { collectAll } from '../support/collect.ts';
import { OPEN_METRICS_TYPE, serving, TEXT_TYPE, upstream } from '../support/upstreams.ts';

/** Serves a document, and returns what `/metrics` has of it. */
async function serveText(document: string, options: RemoteSourceOptions = {}, type = TEXT_TYPE) {
  const { url } = await upstream(serving(type, document));
  const service = await serve({ source: remoteSource(url, options) });
  return { ...service, url };
}

/** Starts a server that writes exactly this and closes the connection. */
async function rawUpstream(response: string): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.once('data', () => socket.end(response)).on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterEachClose.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/metrics`;
}

const afterEachClose: (() => void)[] = [];
afterEach(() => {
  for (const close of afterEachClose.splice(0)) close();
});

describe('a last line without a line feed', () => {
  const head = (type: string, ...headers: string[]) =>
    [`HTTP/1.1 200 OK`, `Content-Type: ${type}`, 'Connection: close', ...headers, '', ''].join('\r\n');

  test.each<[string, string]>([
    ['a Content-Length', `${head(TEXT_TYPE, 'Content-Length: 7')}a 1\nb 2`],
    ['chunked encoding', `${head(TEXT_TYPE, 'Transfer-Encoding: chunked')}7\r\na 1\nb 2\r\n0\r\n\r\n`],
  ])('is accepted with %s', async (_, response) => {
    const { families } = await collectAll(remoteSource(await rawUpstream(response)));
    expect(families.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('is an error that says so in a body that ends with the connection', async () => {
    const collecting = collectAll(remoteSource(await rawUpstream(`${head(TEXT_TYPE)}a 1\nb 2`)));
    await expect(collecting).rejects.toMatchObject({
      code: 'ERR_METRICS_MALFORMED_DOCUMENT',
      message: expect.stringContaining('line 2: expected a line feed, got the end of a document that may be truncated'),
    });
  });

  test('may be # EOF with a Content-Length, and otherwise is an error too', async () => {
    const framed = await rawUpstream(`${head(OPEN_METRICS_TYPE, 'Content-Length: 9')}a 1\n# EOF`);
    expect((await collectAll(remoteSource(framed))).families).toHaveLength(1);
    const collecting = collectAll(remoteSource(await rawUpstream(`${head(OPEN_METRICS_TYPE)}a 1\n# EOF`)));
    await expect(collecting).rejects.toMatchObject({
      message: expect.stringContaining('line 2: expected a line feed'),
    });
  });

  test('is an error when the Content-Length shows that bytes are missing', async () => {
    const collecting = collectAll(remoteSource(await rawUpstream(`${head(TEXT_TYPE, 'Content-Length: 8')}a 1\nb 2`)));
    await expect(collecting).rejects.toMatchObject({ code: 'ERR_METRICS_UPSTREAM_FAILED' });
  });
});

describe('a family in several groups', () => {
  const line = (family: string, i: number) => `${family}{i="${i}",text="${'x'.repeat(1000)}"} ${i}\n`;
  const group = (family: string, from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => line(family, from + i)).join('');

  test('is joined within the buffer', async () => {
    const { get, failures } = await serveText(group('a', 0, 500) + group('b', 0, 500) + group('a', 500, 600));
    const { text } = await get('/metrics');
    expect(text.match(/^# TYPE a /gm)).toHaveLength(1);
    expect(text.match(/^a\{/gm)).toHaveLength(600);
    expect(failures).toEqual([]);
  });

  test('is joined as far as the buffer reaches; the rest is reported and counted', async () => {
    const { get, failures } = await serveText(group('a', 0, 500) + group('b', 0, 500) + group('a', 500, 600), {
      maxJoinBytes: 100_000,
    });
    const { text } = await get('/metrics');
    expect(text.match(/^a\{/gm)).toHaveLength(500);
    expect(text.match(/^b\{/gm)).toHaveLength(500);
    expect(failures).toMatchObject([
      {
        family: 'a',
        error: {
          code: 'ERR_METRICS_FAMILY_NOT_JOINED',
          message: expect.stringContaining('100 of its series came after it had left the buffer, and were dropped'),
        },
      },
    ]);
  });

  test('takes nothing from families in one group, whatever the size of the buffer', async () => {
    const document = group('a', 0, 300) + group('b', 0, 300) + group('c', 0, 300);
    const whole = await (await serveText(document)).get('/metrics');
    for (const maxJoinBytes of [1, 100_000, 400_000]) {
      const { get, failures } = await serveText(document, { maxJoinBytes });
      expect((await get('/metrics')).text).toBe(whole.text);
      expect(failures).toEqual([]);
    }
  });
});

describe('a repair', () => {
  const document =
    '# HELP a one\n# HELP a two\n# TYPE a gauge\na 1\n# TYPE h histogram\nh_bucket{le="1"} 1\nh_count 2\n';

  test('is reported once for each family and kind', async () => {
    const { get, failures, url } = await serveText(document);
    for (const path of ['/metrics', '/metrics.json', '/metrics']) expect((await get(path)).status).toBe(200);
    expect(failures.map(({ error }) => (error as Error).message)).toEqual([
      `${url}: family "a": line 2: # HELP differs from the one before it, which is kept`,
      `${url}: family "h": line 6: the histogram that begins here had to be repaired`,
    ]);
  });

  test('does not fail the scrape, even with onSourceError', async () => {
    const { url } = await upstream(serving(TEXT_TYPE, document));
    const { get, failures } = await serve({ source: remoteSource(url), onSourceError: 'fail' });
    expect((await get('/metrics')).status).toBe(200);
    expect(failures).toHaveLength(2);
  });
});

test('a JSON histogram that contradicts itself is repaired and reported, with all other families served', async () => {
  const odd = '{"count":3,"sum":1.0,"bucket":[[2,1],[1,2],[null,4]]}';
  const document = `{"a":{"type":"gauge","value":1},"h":{"type":"histogram","value":{"q":{"x":${odd},"y":${odd}}}},"z":{"type":"gauge","value":2}}`;
  const { get, failures, url } = await serveText(document, {}, 'application/json');
  const histogram = (q: string) =>
    ['1"} 2', '2"} 2', '+Inf"} 4'].map((end) => `h_bucket{q="${q}",le="${end}\n`).join('') +
    `h_sum{q="${q}"} 1\nh_count{q="${q}"} 4\n`;
  for (let scrape = 0; scrape < 2; scrape++) {
    const { status, text } = await get('/metrics');
    expect(status).toBe(200);
    expect(text).toBe(
      `# TYPE a gauge\na 1\n# TYPE h histogram\n${histogram('x')}${histogram('y')}# TYPE z gauge\nz 2\n`,
    );
  }
  const message = `${url}: family "h": byte ${document.indexOf(odd)}: the histogram that begins here and 1 more had to be repaired`;
  expect(failures).toHaveLength(1);
  expect(failures).toMatchObject([{ error: { code: 'ERR_METRICS_REPAIRED_DOCUMENT', message } }]);
});

test.each<[string, string, string]>([
  ['of TYPE', '# TYPE a gauge\na 1\n# TYPE a counter\n', 'line 3: # TYPE counter differs from the gauge before it'],
  ['of HELP after the series', '# HELP a x\na 1\n# HELP a y\n', 'line 3: # HELP differs from the one before it'],
])('a difference %s is reported', async (_, document, message) => {
  const { get, failures } = await serveText(document);
  expect((await get('/metrics')).text).toMatch(/^a 1$/m);
  expect(failures).toMatchObject([{ error: { message: expect.stringContaining(message) } }]);
});

test.each<[string, string, string]>([
  ['latest', 'a{x="1"} 1 3000\na{x="2"} 2 1000\na{x="1"} 3 4000\na{x="1"} 4 2000\n', 'a{x="1"} 3\na{x="2"} 2\n'],
  ['first, without times', 'a{x="1"} 1\na{x="2"} 2\na{x="1"} 3\n', 'a{x="1"} 1\na{x="2"} 2\n'],
  ['first, in a row', 'a 1\na 2\na 3\n', 'a 1\n'],
  ['first, in another order of the labels', 'a{x="1",y="2"} 1\na{y="2",x="1"} 2\n', 'a{x="1",y="2"} 1\n'],
  ['first, with an empty label', 'a 1\na{x=""} 2\n', 'a 1\n'],
  ['one without a time, which is of now', 'a 1 1000\na 2\na 3 2000\n', 'a 2\n'],
])('of one series several times, the %s is served', async (_, document, expected) => {
  const { get, failures } = await serveText(document);
  for (let scrape = 0; scrape < 2; scrape++) {
    expect((await get('/metrics')).text).toBe(`# TYPE a untyped\n${expected}`);
  }
  expect(failures).toMatchObject([{ error: { code: 'ERR_METRICS_REPAIRED_DOCUMENT' } }]);
});

test('series that come again are found when the label sets are known from the last document', async () => {
  let document = 'a{x="1"} 1\na{x="2"} 2\na{x="3"} 3\n';
  const { url } = await upstream((req, res) => serving(TEXT_TYPE, document)(req, res));
  const { get } = await serve({ source: remoteSource(url) });
  const lines = async () => (await get('/metrics')).text.split('\n').slice(1, -1);
  expect(await lines()).toHaveLength(3);
  document = 'a{x="1"} 1\na{x="2"} 2\na{x="1"} 3\n';
  expect(await lines()).toEqual(['a{x="1"} 1', 'a{x="2"} 2']);
  expect(await lines()).toEqual(['a{x="1"} 1', 'a{x="2"} 2']);
});
