import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { type RemoteSourceOptions, remoteSource } from '../../lib/sources/remote.ts';
import { connections, serve, until } from '../support/clients.ts';
import { collectAll } from '../support/collect.ts';
import { JSON_TYPE, serving, TEXT_TYPE, upstream } from '../support/upstreams.ts';

const DOCUMENT = '{"m":{"type":"gauge","value":{"q":{"a":1}}}}';

/** Asserts how a scrape fails, and that nothing is left of it. */
async function expectFailure(
  listener: RequestListener,
  options: RemoteSourceOptions,
  code: string,
  reason: string | RegExp,
) {
  const { server, url } = await upstream(listener);
  const error = await collectAll(
    remoteSource(`${url}?token=secret`, { headers: { authorization: 'secret' }, ...options }),
  ).catch((error) => error);
  expect(error).toMatchObject({ name: 'MetricsError', code });
  const { message } = error as Error;
  expect(message).toMatch(new RegExp(`^${url}: `));
  if (typeof reason === 'string') expect(message.slice(url.length + 2)).toBe(reason);
  else expect(message.slice(url.length + 2)).toMatch(reason);
  expect(message).not.toContain('secret');
  await until(async () => (await connections(server)) === 0);
}

const answering =
  (status: number, headers: Record<string, string> = {}): RequestListener =>
  (_req, res) =>
    void res.writeHead(status, { 'Content-Type': JSON_TYPE, ...headers }).end(DOCUMENT);

test.each<[string, RequestListener, string, string | RegExp]>([
  ['404', answering(404), 'ERR_METRICS_UPSTREAM_FAILED', 'it answered 404 Not Found'],
  ['403', answering(403), 'ERR_METRICS_UPSTREAM_FAILED', 'it answered 403 Forbidden'],
  ['206', answering(206), 'ERR_METRICS_UPSTREAM_FAILED', 'it answered 206 Partial Content'],
  ['599', answering(599), 'ERR_METRICS_UPSTREAM_FAILED', 'it answered 599'],
  [
    'a redirect on its own host',
    answering(301, { Location: '/elsewhere?token=secret' }),
    'ERR_METRICS_UPSTREAM_FAILED',
    /^it answered 301 Moved Permanently, a redirect to http:\/\/127\.0\.0\.1:\d+\/elsewhere; redirects are not followed$/,
  ],
  [
    'a redirect to another host',
    answering(302, { Location: 'http://u:secret@10.0.0.1/x#secret' }),
    'ERR_METRICS_UPSTREAM_FAILED',
    'it answered 302 Found, a redirect to http://10.0.0.1/x; redirects are not followed',
  ],
  [
    'a redirect to nowhere',
    answering(302, { Location: 'http://' }),
    'ERR_METRICS_UPSTREAM_FAILED',
    'it answered 302 Found',
  ],
  [
    'another type',
    serving('text/html; charset=utf-8', DOCUMENT),
    'ERR_METRICS_UPSTREAM_INVALID',
    'expected the Content-Type of a metrics document, got "text/html"; if it is one, set the option format',
  ],
  [
    'no type',
    serving(undefined, DOCUMENT),
    'ERR_METRICS_UPSTREAM_INVALID',
    'expected the Content-Type of a metrics document, got none; if it is one, set the option format',
  ],
  [
    'another coding',
    serving(JSON_TYPE, DOCUMENT, { 'Content-Encoding': 'zstd' }),
    'ERR_METRICS_UPSTREAM_INVALID',
    'expected a Content-Encoding of gzip, br, deflate, got "zstd"',
  ],
  [
    'two codings',
    serving(JSON_TYPE, DOCUMENT, { 'Content-Encoding': 'gzip, br' }),
    'ERR_METRICS_UPSTREAM_INVALID',
    'expected a Content-Encoding of gzip, br, deflate, got "gzip, br"',
  ],
  [
    'what is not compressed',
    serving(JSON_TYPE, DOCUMENT, { 'Content-Encoding': 'gzip' }),
    'ERR_METRICS_UPSTREAM_FAILED',
    'incorrect header check',
  ],
  [
    'half of what was compressed',
    serving(JSON_TYPE, gzipSync(DOCUMENT).subarray(0, -9), { 'Content-Encoding': 'gzip' }),
    'ERR_METRICS_UPSTREAM_FAILED',
    'unexpected end of file',
  ],
  [
    'a wrong checksum',
    serving(JSON_TYPE, Buffer.concat([gzipSync(DOCUMENT).subarray(0, -8), Buffer.alloc(8)]), {
      'Content-Encoding': 'gzip',
    }),
    'ERR_METRICS_UPSTREAM_FAILED',
    'incorrect data check',
  ],
  [
    'a malformed document',
    serving(JSON_TYPE, '{"m":{"type":"gauge","value":NaN}}'),
    'ERR_METRICS_MALFORMED_DOCUMENT',
    'byte 29: expected a value, got "NaN}}"',
  ],
  [
    'half a document',
    serving(JSON_TYPE, DOCUMENT.slice(0, -1)),
    'ERR_METRICS_MALFORMED_DOCUMENT',
    'byte 43: expected more data, got the end of the document',
  ],
  [
    'an empty one',
    serving(JSON_TYPE, ''),
    'ERR_METRICS_MALFORMED_DOCUMENT',
    'byte 0: expected more data, got the end of the document',
  ],
  ['JSON as text', serving(TEXT_TYPE, DOCUMENT), 'ERR_METRICS_MALFORMED_DOCUMENT', /^line 1\b/],
])('an answer that is %s fails the scrape', (_, listener, code, reason) => expectFailure(listener, {}, code, reason));

describe("KumoMTA's own faults fail the scrape, and give no wrong number:", () => {
  const kumoMta = (depths: string) =>
    `{"ready_count":{"help":"number of messages in the ready queue","type":"gauge","value":{"service":{${depths}}}},
"lua_count":{"help":"the number of lua contexts","type":"gauge","value":1}}`;

  test.each([
    ['text that is not escaped', '"smtp_client:a"b":1,"smtp_client:c":2', /^byte \d+: expected :, got "b/],
    ['a backslash that is not escaped', '"smtp_client:C:\\mail":1', /^byte \d+: expected a valid escape/],
    ['a bare NaN', '"smtp_client:a":1,"smtp_client:b":NaN', /^byte \d+: expected a value, got "NaN/],
    ['a bare inf', '"smtp_client:a":inf', /^byte \d+: expected a value, got "inf/],
    ['a trailing comma', '"smtp_client:a":1,', /^byte \d+: expected a string, got "}/],
    ['a sample of another shape', '"smtp_client:a":1,{"a":"b","c":"d","@":1}', /^byte \d+: expected a string, got "{/],
  ])('%s', (_, depths, reason) =>
    expectFailure(serving('application/json', kumoMta(depths)), {}, 'ERR_METRICS_MALFORMED_DOCUMENT', reason),
  );

  test('without them it is read', async () => {
    const { url } = await upstream(serving('application/json', kumoMta('"smtp_client:a":1')));
    expect((await collectAll(remoteSource(url))).families).toHaveLength(2);
  });
});

/** Cut off at the end of a line, so that it would be a whole document in text. */
const cut =
  (headers: Record<string, string>): RequestListener =>
  (_req, res) => {
    res.writeHead(200, { 'Content-Type': TEXT_TYPE, ...headers });
    res.write('a 1\nb 2\n');
    setTimeout(() => res.destroy(), 20);
  };

test.each<[string, RequestListener]>([
  ['shorter than its Content-Length', cut({ 'Content-Length': '100' })],
  ['without its last chunk', cut({ 'Transfer-Encoding': 'chunked' })],
])('a body that is %s is never taken for a whole one', (_, listener) =>
  expectFailure(listener, {}, 'ERR_METRICS_UPSTREAM_FAILED', 'aborted'),
);

describe('a body that is larger than maxBytes', () => {
  const document = `{"m":{"help":"${'a'.repeat(200_000)}","type":"gauge","value":1}}`;
  const reason = 'expected at most 150000 bytes, got more; see the option maxBytes';

  test.each<[string, (text: string) => string | Uint8Array]>([
    ['identity', (text) => text],
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
  ])('is cut, its size taken after decompression: %s', (coding, compress) =>
    expectFailure(
      serving(JSON_TYPE, compress(document), { 'Content-Encoding': coding }),
      { maxBytes: 150_000 },
      'ERR_METRICS_UPSTREAM_TOO_LARGE',
      reason,
    ),
  );

  test('is none when it is as large', async () => {
    const { url } = await upstream(serving(JSON_TYPE, document));
    expect((await collectAll(remoteSource(url, { maxBytes: document.length }))).families).toHaveLength(1);
  });

  test('is not decompressed to its end', async () => {
    // A megabyte that stands for a quarter of a gigabyte.
    const bomb = gzipSync(Buffer.alloc(2 ** 28, ' '), { level: 1, chunkSize: 2 ** 20 });
    await expectFailure(
      serving(JSON_TYPE, bomb, { 'Content-Encoding': 'gzip' }),
      { maxBytes: 2 ** 21 },
      'ERR_METRICS_MALFORMED_DOCUMENT',
      /^byte 0: expected at most 1048576 bytes in one token or sample/,
    );
  });
});

describe('an upstream that is silent', () => {
  const silent: RequestListener = () => undefined;
  const silentBehindHead: RequestListener = (_req, res) => {
    res.writeHead(200, { 'Content-Type': JSON_TYPE });
    res.flushHeaders();
  };
  const silentWithin: RequestListener = (_req, res) => {
    res.writeHead(200, { 'Content-Type': JSON_TYPE });
    res.write(DOCUMENT.slice(0, -4));
  };

  test.each([
    ['at once', silent],
    ['behind its head', silentBehindHead],
    ['within its document', silentWithin],
  ])('%s is waited for as long as timeout says', (_, listener) =>
    expectFailure(
      listener,
      { timeout: 60 },
      'ERR_METRICS_UPSTREAM_TIMEOUT',
      'no answer within 60 ms; see the option timeout',
    ),
  );

  test('is waited for a bit shorter than the scrape waits', async () => {
    const { url } = await upstream(silent);
    const reading = collectAll(remoteSource(url), { timeout: 100 });
    await expect(reading).rejects.toMatchObject({ message: `${url}: no answer within 90 ms; see the option timeout` });
  });

  test.each([
    ['at once', silent],
    ['behind its head', silentBehindHead],
    ['within its document', silentWithin],
  ])('%s is left as soon as the scrape is over', async (_, listener) => {
    const { server, url, requests } = await upstream(listener);
    const controller = new AbortController();
    const reason = new Error('the client went away');
    const reading = collectAll(remoteSource(url, { up: true }), { signal: controller.signal });
    await until(() => requests.length === 1);
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await until(async () => (await connections(server)) === 0);
  });
});

test('a scrape that is over before it begins asks nobody', async () => {
  const { url, requests } = await upstream(serving(JSON_TYPE, DOCUMENT));
  const reason = new Error('over');
  await expect(collectAll(remoteSource(url), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(requests).toEqual([]);
});

test.each([
  ['refuses connections', undefined, /ECONNREFUSED/],
  ['hangs up at once', '', /socket hang up|ECONNRESET/],
  ['speaks something else', 'SSH-2.0-OpenSSH_9.2\r\n', /Parse Error/],
])('a server that %s fails the scrape', async (_, words, message) => {
  // A socket whose request is not read never ends.
  const respond = (socket: Socket) =>
    socket
      .on('error', () => undefined)
      .resume()
      .end(words ?? '');
  const server = createServer(respond).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  if (words === undefined) await once(server.close(), 'close');
  const reading = collectAll(remoteSource(`http://127.0.0.1:${port}/`));
  await expect(reading).rejects.toMatchObject({
    code: 'ERR_METRICS_UPSTREAM_FAILED',
    message: expect.stringMatching(message),
  });
  if (words !== undefined) await once(server.close(), 'close');
});

test('a failed scrape is answered with an error, and the next one is not', async () => {
  let isBroken = true;
  const { url } = await upstream((req, res) => (isBroken ? answering(500) : serving(JSON_TYPE, DOCUMENT))(req, res));
  const { get, failures } = await serve({ source: remoteSource(url) });
  expect((await get('/metrics.json')).status).toBe(500);
  expect(failures).toMatchObject([{ phase: 'collect', error: { code: 'ERR_METRICS_UPSTREAM_FAILED' } }]);
  isBroken = false;
  expect((await get('/metrics.json')).status).toBe(200);
});
