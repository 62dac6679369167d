import type { Socket } from 'node:net';
import express from 'express';
import type { MetricsSource } from '../../lib/index.ts';
import { connectRaw, requestPath, serve, until } from '../support/clients.ts';
import { requestText } from '../support/raw-http.ts';
import {
  largeFamily,
  onceThenQueueDepth,
  QUEUE_DEPTH_JSON,
  QUEUE_DEPTH_TEXT,
  queueDepth,
  samplesThatFail,
  sourceOf,
} from '../support/scrape-sources.ts';

const endpoints = [
  {
    path: '/metrics.json',
    document: QUEUE_DEPTH_JSON,
    own: { 'content-type': 'application/json; charset=utf-8', vary: 'Accept-Encoding' },
  },
  {
    path: '/metrics',
    document: QUEUE_DEPTH_TEXT,
    own: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', vary: 'Accept, Accept-Encoding' },
  },
];

const common = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
};

const codings = ['identity', 'gzip', 'br'];

const withCodings = endpoints.flatMap((endpoint) => codings.map((coding) => ({ ...endpoint, coding })));

/** Returns the headers without those that `node:http` adds. */
function withoutTransport<T extends object>(headers: T) {
  const { date, connection, 'keep-alive': keepAlive, ...rest } = headers as Record<string, unknown>;
  return rest;
}

const queueDepth2 = { ...queueDepth, name: 'queue_depth_2' };

describe.each(withCodings)('$path in $coding', ({ path, coding, document, own }) => {
  const acceptance = { 'Accept-Encoding': coding };
  const codingHeader = coding === 'identity' ? {} : { 'content-encoding': coding };

  test('a small document has a length and only these headers', async () => {
    const { get } = await serve({ source: sourceOf(queueDepth) });
    const { status, headers, body, text } = await get(path, acceptance);
    expect(status).toBe(200);
    expect(text).toBe(document);
    expect(withoutTransport(headers)).toEqual({
      ...common,
      ...own,
      ...codingHeader,
      'content-length': String(body.length),
    });
  });

  test('a large document is streamed in chunks, and is complete', async () => {
    const { get, failures } = await serve({ source: sourceOf(queueDepth, largeFamily(500), queueDepth2) });
    const { status, headers, text } = await get(path, acceptance);
    expect(status).toBe(200);
    expect(withoutTransport(headers)).toEqual({ ...common, ...own, ...codingHeader, 'transfer-encoding': 'chunked' });
    expect(failures).toEqual([]);
    if (path === '/metrics') {
      expect(text.match(/^large\{/gm)).toHaveLength(500);
      expect(text).toMatch(/^queue_depth_2\{queue="a"\} 3\n$/m);
    } else {
      const families = JSON.parse(text);
      expect(Object.keys(families)).toEqual(['queue_depth', 'large', 'queue_depth_2']);
      expect(families.large.value).toHaveLength(500);
    }
  });

  test('HEAD has the headers of GET without the length, and does not collect', async () => {
    const collect = jest.fn<ReturnType<MetricsSource['collect']>, []>(() => [queueDepth]);
    const { port, get } = await serve({ source: { collect } });
    const head = await requestPath(port, path, { method: 'HEAD', headers: acceptance });
    expect(collect).not.toHaveBeenCalled();
    const { headers } = await get(path, acceptance);
    const { 'content-length': _length, ...expected } = withoutTransport(headers);
    expect(head).toMatchObject({ status: 200, text: '' });
    expect(withoutTransport(head.headers)).toEqual(expected);
  });

  test('a conditional request gets the whole document, and no ETag', async () => {
    const { get } = await serve({ source: sourceOf(queueDepth) });
    const answer = await get(path, {
      ...acceptance,
      'If-None-Match': '*',
      'If-Modified-Since': new Date(Date.now() + 60_000).toUTCString(),
    });
    expect(answer).toMatchObject({ status: 200, text: document });
    expect(answer.headers).not.toHaveProperty('etag');
  });
});

test('compression: false sends documents as they are', async () => {
  const { get } = await serve({ source: sourceOf(queueDepth), compression: false });
  const { headers, body } = await get('/metrics.json', { 'Accept-Encoding': 'gzip, br' });
  expect(headers).not.toHaveProperty('content-encoding');
  expect(body.toString()).toBe(QUEUE_DEPTH_JSON);
});

test.each(endpoints)('a source without families is an empty document: $path', async ({ path }) => {
  const { get } = await serve({ source: sourceOf() });
  expect(await get(path)).toMatchObject({ status: 200, text: path === '/metrics' ? '' : '{}\n' });
});

test('a connection serves several documents, and keeps none of their listeners', async () => {
  const app = express();
  const sockets = new Set<Socket>();
  app.use((req, _res, next) => next(void sockets.add(req.socket)));
  // Too large to share.
  const { port } = await serve({ source: sourceOf(largeFamily(300)), maxInFlight: 20 }, app);
  const client = connectRaw(port, requestText({ target: '/metrics' }));
  client.read();
  const documents = () => client.received().split('\r\n0\r\n\r\n').length - 1;
  await until(() => documents() === 1);
  const [socket] = sockets;
  const listeners = socket?.listenerCount('close');
  client.socket.write(requestText({ target: '/metrics' }).repeat(20));
  await until(() => documents() === 21);
  expect(client.received().match(/^HTTP\/1\.1 200 OK\r$/gm)).toHaveLength(21);
  expect(sockets.size).toBe(1);
  expect(socket?.listenerCount('close')).toBe(listeners);
});

test('a finished scrape leaves no timers', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const { get } = await serve({ source: sourceOf(largeFamily(100)), timeout: 60_000, stallTimeout: 60_000 });
  await get('/metrics');
  const before = timers();
  for (let scrapes = 0; scrapes < 20; scrapes++) await get('/metrics');
  expect(timers()).toBeLessThan(before + 10);
});

describe('with allowHttp10, HTTP/1.0', () => {
  const ask10 = async (port: number, headers = '') => {
    const client = connectRaw(port, `GET /metrics HTTP/1.0\r\n${headers}\r\n`);
    client.read();
    await client.closed;
    const [head = '', ...body] = client.received().split('\r\n\r\n');
    return { head, body: body.join('\r\n\r\n') };
  };

  test.each([1, 500])('gets a document of %i kB with its length', async (kilobytes) => {
    const { port, get } = await serve({ source: sourceOf(largeFamily(kilobytes)), allowHttp10: true });
    const { head, body } = await ask10(port);
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(head).toContain(`\r\nContent-Length: ${body.length}`);
    expect(head).not.toMatch(/transfer-encoding/i);
    expect(body).toBe((await get('/metrics')).text);
  });

  test('gets a compressed document if it accepts one', async () => {
    const { port } = await serve({ source: sourceOf(largeFamily(500)), allowHttp10: true });
    const { head, body } = await ask10(port, 'Accept-Encoding: gzip\r\n');
    expect(head).toContain('\r\nContent-Encoding: gzip');
    expect(head).toContain(`\r\nContent-Length: ${body.length}`);
  });

  test('gets a 503 for one that is larger than 4 MiB', async () => {
    const source = onceThenQueueDepth(() => [largeFamily(5_000)]);
    const { port, failures } = await serve({ source, allowHttp10: true, maxInFlight: 1 });
    const { head, body } = await ask10(port, 'Accept-Encoding: gzip\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 503 /);
    expect(head).toContain('\r\nRetry-After: 1');
    expect(head).not.toMatch(/content-encoding/i);
    expect(body).toBe('The document is too large for HTTP/1.0\n');
    expect(failures).toEqual([
      {
        phase: 'send',
        error: expect.objectContaining({ name: 'MetricsError', code: 'ERR_METRICS_DOCUMENT_TOO_LARGE' }),
      },
    ]);
    expect((await ask10(port)).body).toBe(QUEUE_DEPTH_TEXT);
  });

  test('gets nothing of a document that fails later', async () => {
    const failing = { ...queueDepth, samples: samplesThatFail(500, new Error('lost')) };
    const { port } = await serve({ source: sourceOf(failing), allowHttp10: true });
    expect(await ask10(port)).toEqual({ head: '', body: '' });
  });
});

describe('filters', () => {
  const family = (name: string) => ({ name, type: 'gauge' as const, samples: [{ labels: {}, value: 1 }] });
  const names = ['http_requests', 'http_errors', 'queue_depth'];
  const all: MetricsSource = { collect: () => names.map(family) };

  test.each([
    ['', names],
    ['?name[]=http_requests', ['http_requests']],
    ['?name%5B%5D=http_errors&name[]=queue_depth', ['http_errors', 'queue_depth']],
    ['?exclude[]=http_errors', ['http_requests', 'queue_depth']],
    ['?name[]=http_errors&exclude[]=http_errors', []],
    ['?name[]=nobody', []],
    ['?name[]=http_.*', []],
    ['?other=1', names],
  ])('families of a source that ignores wants() are filtered: %s', async (query, expected) => {
    const { get } = await serve({ source: all });
    expect(Object.keys(JSON.parse((await get(`/metrics.json${query}`)).text))).toEqual(expected);
    const text = (await get(`/metrics${query}`)).text;
    expect([...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1])).toEqual(expected);
  });

  test('a family that is filtered out is not read, and wants() tells the source', async () => {
    const wanted: string[] = [];
    const source: MetricsSource = {
      *collect({ wants }) {
        for (const name of names) {
          if (wants(name)) wanted.push(name);
          yield name === 'http_errors' ? { ...family(name), samples: unreadable() } : family(name);
        }
      },
    };
    function* unreadable() {
      yield { labels: {}, value: Number(wanted.push('read')) };
    }
    const { get } = await serve({ source });
    expect(await get('/metrics?exclude[]=http_errors')).toMatchObject({ status: 200 });
    expect(wanted).toEqual(['http_requests', 'queue_depth']);
  });

  test('prefix= is added to names in the text, after filtering, and ignored in JSON', async () => {
    const { get } = await serve({ source: all });
    const { text } = await get('/metrics?prefix=mail_&name[]=queue_depth');
    expect(text).toBe('# TYPE mail_queue_depth gauge\nmail_queue_depth 1\n');
    expect(Object.keys(JSON.parse((await get('/metrics.json?prefix=mail_')).text))).toEqual(names);
  });
});
