import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import {
  type PrometheusServerSourceOptions,
  prometheusServerSource,
  type TlsOptions,
} from '../../lib/sources/prometheus-server.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../support/certificate.ts';
import { connections, requestPath, serve, until } from '../support/clients.ts';
import { collectAll } from '../support/collect.ts';
import { prometheusApi, type Reply, send, vector } from '../support/prometheus-api.ts';

const one = vector([{}, '1']);
const silent: Reply = () => undefined;

/** A source of queries that are named as their families. Their types are given: nobody asks for metadata. */
function sourceOf(url: string, names: readonly string[], options: Partial<PrometheusServerSourceOptions> = {}) {
  const queries = Object.fromEntries(names.map((name) => [name, { query: name, type: 'gauge', help: name } as const]));
  return prometheusServerSource({ url, queries, ...options });
}

describe('a query', () => {
  test('is sent as a form, with the same time for all and with the time that there is', async () => {
    const before = Date.now() / 1000;
    const { url, asked } = await prometheusApi({ '*': one });
    const long = `up{job=~"${'a|'.repeat(10_000)}b"}`;
    await collectAll(sourceOf(url, ['b', 'a', long]), { timeout: 5000 });
    expect(asked.map(({ method, path, parameters }) => [method, path, parameters.query])).toEqual([
      ['POST', '/api/v1/query', 'b'],
      ['POST', '/api/v1/query', 'a'],
      ['POST', '/api/v1/query', long],
    ]);
    const [time, ...others] = asked.map(({ parameters }) => parameters.time);
    expect(others).toEqual([time, time]);
    expect(Number(time)).toBeGreaterThanOrEqual(before);
    expect(Number(time)).toBeLessThanOrEqual(Date.now() / 1000);
    expect(asked[0]?.parameters.timeout).toBe('4.5');
  });

  test.each(['/prometheus', '/prometheus/', '/select/0/prometheus'])('is sent below the path %s', async (path) => {
    const { url, asked } = await prometheusApi({ '*': one });
    await collectAll(prometheusServerSource({ url: new URL(path, url), queries: { up: 'up' } }));
    const base = path.replace(/\/$/, '');
    expect(asked.map((request) => request.path)).toEqual([`${base}/api/v1/query`, `${base}/api/v1/metadata`]);
  });

  test('carries the fixed parameters and headers', async () => {
    const { url, asked } = await prometheusApi({ '*': one });
    await collectAll(
      sourceOf(url, ['up'], {
        parameters: { partial_response: 'false', 'x&y': 'é=1' },
        headers: { 'X-Scope-OrgID': 'team-a', Authorization: 'Bearer secret' },
      }),
    );
    expect(asked[0]).toMatchObject({
      parameters: { query: 'up', partial_response: 'false', 'x&y': 'é=1' },
      headers: { 'x-scope-orgid': 'team-a', authorization: 'Bearer secret', 'accept-encoding': 'gzip' },
    });
  });

  test('is not sent when its family is not wanted', async () => {
    const { url, queries } = await prometheusApi({ '*': one });
    const { families } = await collectAll(sourceOf(url, ['a', 'b', 'c']), { wants: (name) => name === 'b' });
    expect(families.map(({ name }) => name)).toEqual(['b']);
    expect(queries()).toEqual(['b']);
  });

  test('has nothing of the request that is answered', async () => {
    const { url, asked } = await prometheusApi({ '*': one });
    const { port } = await serve({ source: sourceOf(url, ['up', 'down']) });
    const headers = { 'x-secret': 'marker', cookie: 'marker', 'user-agent': 'marker', traceparent: 'marker' };
    const { status } = await requestPath(port, '/metrics.json?name[]=up&marker=1&query=marker&time=1', { headers });
    expect(status).toBe(200);
    expect(asked).toHaveLength(1);
    expect(JSON.stringify(asked)).not.toContain('marker');
  });
});

describe('queries are sent side by side', () => {
  test.each([
    [undefined, 4],
    [2, 2],
  ])('at most so many at once: maxConcurrent %s', async (maxConcurrent, most) => {
    const { url, state, queries } = await prometheusApi({
      '*': (res) => setTimeout(() => send(res, 200, { status: 'success', ...one }), 20),
    });
    const names = Array.from({ length: 12 }, (_, i) => `q${i}`);
    const source = sourceOf(url, names, { maxConcurrent });
    const [first, second] = await Promise.all([collectAll(source), collectAll(source)]);
    expect(first.families.map(({ name }) => name)).toEqual(names);
    expect(second.families.map(({ name }) => name)).toEqual(names);
    expect(state.most).toBe(most);
    expect(queries()).toHaveLength(24);
  });

  test('on connections that are kept', async () => {
    const { url, server } = await prometheusApi({ '*': one });
    let opened = 0;
    server.on('connection', () => opened++);
    const source = sourceOf(url, ['a', 'b', 'c', 'd', 'e', 'f']);
    for (let scrape = 0; scrape < 3; scrape++) await collectAll(source);
    expect(opened).toBeLessThanOrEqual(4);
  });

  test('and once more when the server has closed a kept connection in the meantime', async () => {
    let isClosing = false;
    const { url } = await prometheusApi({
      '*': (res) => {
        if (isClosing) res.socket?.destroy();
        else send(res, 200, { status: 'success', ...one });
        isClosing = false;
      },
    });
    const source = sourceOf(url, ['up']);
    await collectAll(source);
    isClosing = true;
    expect((await collectAll(source)).families).toHaveLength(1);
  });
});

describe('a failure', () => {
  test.each<[what: string, reply: Reply, message: RegExp, code: string]>([
    [
      'an error of the API',
      (res) => send(res, 422, { status: 'error', errorType: 'execution', error: 'too\nmany\u0000samples' }),
      /^the server answered 422, execution: too many samples$/,
      'ERR_METRICS_UPSTREAM_FAILED',
    ],
    [
      'an endless error',
      (res) => send(res, 400, { status: 'error', errorType: 'bad_data', error: 'x'.repeat(100_000) }),
      /^the server answered 400, bad_data: x{300}$/,
      'ERR_METRICS_UPSTREAM_FAILED',
    ],
    [
      'a proxy in front',
      (res) => send(res, 502, '<h1>Bad Gateway</h1>'),
      /^the server answered 502 Bad Gateway$/,
      'ERR_METRICS_UPSTREAM_FAILED',
    ],
    [
      'a redirect',
      (res) => res.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      /^the server answered 302 Found; redirects are not followed$/,
      'ERR_METRICS_UPSTREAM_FAILED',
    ],
    [
      'a page',
      (res) => send(res, 200, '<h1>Welcome</h1>'),
      /^expected an answer of the Prometheus API; check the option url$/,
      'ERR_METRICS_UPSTREAM_INVALID',
    ],
    [
      'a document of its own',
      (res) => send(res, 200, '[]'),
      /^expected an answer of the Prometheus API/,
      'ERR_METRICS_UPSTREAM_INVALID',
    ],
    [
      'null',
      (res) => send(res, 200, 'null'),
      /^expected an answer of the Prometheus API/,
      'ERR_METRICS_UPSTREAM_INVALID',
    ],
    [
      'a connection that ends',
      (res) => res.socket?.destroy(),
      /^http:\/\/127\.0\.0\.1:\d+: socket hang up$/,
      'ERR_METRICS_UPSTREAM_FAILED',
    ],
    [
      'a switch to another protocol',
      (res) => res.writeHead(101, { connection: 'Upgrade', upgrade: 'x' }).end(),
      /^http:\/\/127\.0\.0\.1:\d+: the connection was closed$/,
      'ERR_METRICS_UPSTREAM_FAILED',
    ],
    [
      'a cut answer',
      (res) => {
        res.writeHead(200, { 'content-length': 1000 }).write('{"status"');
        setImmediate(() => res.destroy());
      },
      /^http:\/\/127\.0\.0\.1:\d+: aborted$/,
      'ERR_METRICS_UPSTREAM_FAILED',
    ],
    [
      'a cut gzip',
      (res) => res.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"status":"success"}').subarray(0, -8)),
      /unexpected end of file/,
      'ERR_METRICS_UPSTREAM_FAILED',
    ],
    [
      'an answer too large',
      (res) => send(res, 200, 'x'.repeat(200_001)),
      /^expected at most 200000 bytes, got more; see the option maxBytes$/,
      'ERR_METRICS_UPSTREAM_TOO_LARGE',
    ],
    [
      'an answer too large, compressed',
      (res) => res.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(1e6))),
      /^expected at most 200000 bytes, got more/,
      'ERR_METRICS_UPSTREAM_TOO_LARGE',
    ],
    [
      'silence',
      silent,
      /^no answer of the server within 2000 ms; see the option timeout$/,
      'ERR_METRICS_UPSTREAM_TIMEOUT',
    ],
    [
      'silence after the first words',
      (res) => res.writeHead(200).write('{'),
      /^no answer of the server within 2000 ms/,
      'ERR_METRICS_UPSTREAM_TIMEOUT',
    ],
  ])('costs one family alone, and is told with its name: %s', async (_what, reply, message, code) => {
    const { url } = await prometheusApi({ a: one, b: reply, c: one });
    const told: unknown[] = [];
    // Where something else is tested, time must not run out on a busy machine.
    const timeout = code === 'ERR_METRICS_UPSTREAM_TIMEOUT' ? 2000 : 9000;
    const { families } = await collectAll(sourceOf(url, ['b', 'a', 'c'], { maxBytes: 200_000, timeout }), {
      report: (error, name) => told.push([name, error]),
    });
    expect(families.map(({ name }) => name)).toEqual(['a', 'c']);
    expect(told).toEqual([['b', expect.objectContaining({ code, message: expect.stringMatching(message) })]]);
  });

  test('of every query is one of the scrape', async () => {
    const { url } = await prometheusApi({});
    const told: unknown[] = [];
    await expect(
      collectAll(sourceOf(url, ['a', 'b']), { report: (...report) => told.push(report) }),
    ).rejects.toMatchObject({
      code: 'ERR_METRICS_UPSTREAM_FAILED',
      message: '2 of 2 queries failed; a: the server answered 400, bad_data: parse error: unknown query',
    });
    expect(told).toEqual([]);
  });

  test('of the whole server is a failed scrape, and says no secret', async () => {
    const { url, server } = await prometheusApi({});
    await new Promise((resolve) => server.close(resolve));
    const { get, failures } = await serve({
      source: sourceOf(url, ['a', 'b'], { headers: { authorization: 'Bearer secret' } }),
    });
    expect((await get('/metrics.json')).status).toBe(500);
    expect(failures).toEqual([
      {
        phase: 'collect',
        error: expect.objectContaining({ message: expect.stringMatching(/^2 of 2 .*ECONNREFUSED/) }),
      },
    ]);
    expect(JSON.stringify(failures, Object.getOwnPropertyNames(failures[0]?.error))).not.toContain('secret');
  });
});

describe('the time', () => {
  test('that the scrape waits is not used up: what came is served', async () => {
    const { url } = await prometheusApi({ slow: silent, quick: one });
    const { get, failures } = await serve({ source: sourceOf(url, ['slow', 'quick']), timeout: 2000 });
    const { status, text } = await get('/metrics.json');
    expect(status).toBe(200);
    expect(Object.keys(JSON.parse(text))).toEqual(['quick']);
    expect(failures).toEqual([
      { phase: 'collect', family: 'slow', error: expect.objectContaining({ code: 'ERR_METRICS_UPSTREAM_TIMEOUT' }) },
    ]);
  });

  test.each([
    ['that waits for an answer', 4],
    ['that waits for a connection', 1],
  ])('of a scrape %s ends with its client, and so do the requests', async (_what, maxConcurrent) => {
    const { url, state, queries } = await prometheusApi({ '*': silent });
    const controller = new AbortController();
    const gone = new Error('the client went away');
    const reports: unknown[] = [];
    const source = sourceOf(url, ['a', 'b', 'c'], { maxConcurrent });
    const scrape = collectAll(source, { signal: controller.signal, report: (error) => reports.push(error) });
    await until(() => state.underWay === Math.min(3, maxConcurrent));
    controller.abort(gone);
    await expect(scrape).rejects.toBe(gone);
    // From Node 24 on, the agent keeps a connection that was made for a request that was given up, for the next one.
    await until(() => state.underWay === 0);
    expect(queries()).toHaveLength(Math.min(3, maxConcurrent));
    expect(reports).toEqual([]);
  });

  test('of a source that is closed early ends too', async () => {
    const { url, server } = await prometheusApi({ a: one, b: silent });
    const families = await sourceOf(url, ['a', 'b']).collect({
      signal: new AbortController().signal,
      timeout: 60_000,
      wants: () => true,
      report: () => undefined,
    });
    for await (const family of families) {
      expect(family.name).toBe('a');
      break;
    }
    // The one of `a` is kept.
    await until(async () => (await connections(server)) <= 1);
  });

  test('of a process is not prolonged by kept connections', async () => {
    const { url } = await prometheusApi({ '*': one });
    const program = `
      import { prometheusServerSource } from './lib/sources/prometheus-server.ts';
      const source = prometheusServerSource({ url: '${url}', queries: { up: 'up' } });
      const scrape = { signal: new AbortController().signal, timeout: 60_000, wants: () => true, report: console.error };
      for await (const { name } of source.collect(scrape)) console.log(name);`;
    const args = [
      '--disable-warning=DEP0205',
      '--import',
      './__tests__/support/ts-loader.mjs',
      '--input-type=module',
      '--eval',
      program,
    ];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
    expect([stdout, stderr]).toEqual(['up\n', '']);
  });
});

describe('over TLS', () => {
  /** A server that wants a certificate, which all who have one here have. */
  async function serveTls(): Promise<string> {
    const tls = { cert: CERTIFICATE, key: PRIVATE_KEY, ca: CERTIFICATE, requestCert: true };
    const server = createServer(tls, (_req, res) => send(res, 200, { status: 'success', ...one }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => server.close());
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const closing: (() => unknown)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });

  test('a server is trusted whose authority is given, and gets the certificate that it wants', async () => {
    const source = sourceOf(await serveTls(), ['up'], {
      tls: { ca: CERTIFICATE, cert: CERTIFICATE, key: PRIVATE_KEY, servername: 'metrics.test' },
    });
    expect((await collectAll(source)).families).toHaveLength(1);
  });

  test.each<[TlsOptions | undefined, RegExp]>([
    [undefined, /self-signed certificate/],
    [{ ca: CERTIFICATE }, /certificate required|ECONNRESET|socket/],
    [{ ca: CERTIFICATE, cert: CERTIFICATE, key: PRIVATE_KEY, servername: 'other.test' }, /not in the cert's altnames/],
  ])('another one is not', async (tls, message) => {
    const source = sourceOf(await serveTls(), ['up'], { tls });
    await expect(collectAll(source)).rejects.toMatchObject({
      code: 'ERR_METRICS_UPSTREAM_FAILED',
      message: expect.stringMatching(message),
    });
  });
});

describe('the server says that something is amiss', () => {
  const told = async (reply: Reply, times = 1) => {
    const { url } = await prometheusApi({ up: reply });
    const source = sourceOf(url, ['up']);
    const reports: string[] = [];
    for (let scrape = 0; scrape < times; scrape++) {
      const collected = await collectAll(source);
      expect(collected.families).toHaveLength(1);
      reports.push(...collected.reports);
    }
    return reports;
  };

  test('a warning is told each time, with the family', async () => {
    const warning = 'scrape: up: the server warns: no StoreAPI matched';
    expect(await told({ ...one, warnings: ['no StoreAPI matched', 'second'] }, 2)).toEqual([
      warning,
      'scrape: up: the server warns: second',
      warning,
      'scrape: up: the server warns: second',
    ]);
  });

  test('a partial answer of VictoriaMetrics is told each time', async () => {
    const partial = 'scrape: up: the server warns: the answer is partial';
    expect(await told({ ...one, isPartial: true }, 2)).toEqual([partial, partial]);
    expect(await told({ ...one, isPartial: false })).toEqual([]);
  });

  test('a remark on the query is told once', async () => {
    expect(await told({ ...one, infos: ['metric might not be a counter'] }, 3)).toEqual([
      'scrape: up: the server notes: metric might not be a counter',
    ]);
  });

  test.each([-60, 60])('a clock that is %i s off is told once while it is', async (offset) => {
    let off = offset;
    const reply: Reply = (res) => {
      res.setHeader('Date', new Date(Date.now() + off * 1000).toUTCString());
      send(res, 200, { status: 'success', ...one });
    };
    const { url } = await prometheusApi({ up: reply });
    const source = sourceOf(url, ['up']);
    const clock = /^scrape: the clocks of the server and of this machine are (59|60|61) s apart/;
    expect((await collectAll(source)).reports).toEqual([expect.stringMatching(clock)]);
    expect((await collectAll(source)).reports).toEqual([]);
    off = 0;
    expect((await collectAll(source)).reports).toEqual([]);
    off = offset;
    expect((await collectAll(source)).reports).toEqual([expect.stringMatching(clock)]);
  });

  test('series that are gone are told once, and the family stays, without samples', async () => {
    const replies: Record<string, Reply> = { up: vector() };
    const { url } = await prometheusApi(replies);
    const source = sourceOf(url, ['up']);
    const next = async (reply: Reply) => {
      replies.up = reply;
      const { families, reports } = await collectAll(source);
      return [families[0]?.samples.length, ...reports];
    };
    const stale = expect.stringMatching(/^scrape: up: expected series, as at \d{4}-\d\d-\d\dT[\d:.]+Z, got none$/);
    expect(await next(vector())).toEqual([0]);
    expect(await next(one)).toEqual([1]);
    expect(await next(vector())).toEqual([0, stale]);
    expect(await next(vector())).toEqual([0]);
    expect(await next(one)).toEqual([1]);
    expect(await next(vector())).toEqual([0, stale]);
  });
});
