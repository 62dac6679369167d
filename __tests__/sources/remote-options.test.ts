import { remoteSource } from '../../lib/sources/remote.ts';

const URL_HERE = 'https://127.0.0.1/metrics';

test.each([
  ['no URL', '/metrics', "url: it is no http or https URL; write one such as 'http://10.0.0.7:8000/metrics.json'"],
  [
    'another scheme',
    'ftp://127.0.0.1/',
    "url: it is no http or https URL; write one such as 'http://10.0.0.7:8000/metrics.json'",
  ],
  [
    'credentials',
    'http://user:secret@127.0.0.1/',
    'url: it holds credentials; write them into headers, as authorization',
  ],
  ['a user', 'http://secret@127.0.0.1/', 'url: it holds credentials; write them into headers, as authorization'],
  ['a fragment', 'http://127.0.0.1/#', 'url: it has a fragment, which is never sent; leave it out'],
  ['nothing', undefined, "url: it is no http or https URL; write one such as 'http://10.0.0.7:8000/metrics.json'"],
])('%s is no upstream', (_, url, message) => {
  expect(() => remoteSource(url as never)).toThrow(new TypeError(message));
});

test.each([
  [
    { timout: 1 },
    'remoteSource: unknown option "timout"; known are headers, tls, timeout, maxBytes, labels, format, up',
  ],
  [{ timeout: 0 }, 'timeout: 0 is not valid; write milliseconds, above 0 and at most 2147483647'],
  [{ maxBytes: 1.5 }, 'maxBytes: 1.5 is not valid; write a whole number from 1'],
  [{ format: 'text' }, "format: 'text' is not valid; write 'auto' or 'json' or 'prometheus' or 'openmetrics'"],
  [{ up: 1 }, 'up: 1 is not valid; write true or false'],
  [
    { labels: { 'a-b': 'c' } },
    "labels: { 'a-b': 'c' } is not valid; write an object of label names and texts, such as { instance: 'a' }",
  ],
  [
    { labels: { le: '1' } },
    "labels: { le: '1' } is not valid; write an object of label names and texts, such as { instance: 'a' }",
  ],
  [
    { labels: { __name__: 'a' } },
    "labels: { __name__: 'a' } is not valid; write an object of label names and texts, such as { instance: 'a' }",
  ],
  [
    { labels: { a: 1 } },
    "labels: { a: 1 } is not valid; write an object of label names and texts, such as { instance: 'a' }",
  ],
  [{ headers: ['secret'] }, 'headers: it is no object; write one of names and texts'],
  [{ headers: { authorization: 1 } }, 'headers.authorization: it is no text; write one'],
  [{ headers: { 'a b': 'secret' } }, 'headers.a b: it cannot be sent; write a name and a value as HTTP has them'],
  [
    { headers: { authorization: 'secret\r\nx: y' } },
    'headers.authorization: it cannot be sent; write a name and a value as HTTP has them',
  ],
  [{ headers: { 'Accept-Encoding': 'secret' } }, 'headers.Accept-Encoding: it is set for each request; leave it out'],
  [{ tls: 'secret' }, 'tls: it is no object; write { ca } or the like'],
  [
    { tls: { Key: 'secret' } },
    'tls: unknown option "Key"; known are ca, cert, key, passphrase, minVersion, servername, rejectUnauthorized',
  ],
])('%j is refused', (options, message) => {
  expect(() => remoteSource(URL_HERE, options as never)).toThrow(new TypeError(message));
});

test('a key that is none is refused without being shown', () => {
  expect(() => remoteSource(URL_HERE, { tls: { key: 'secret' } })).toThrow(/^tls: it cannot be used: (?!.*secret)/);
});

test('TLS options need TLS', () => {
  expect(() => remoteSource('http://127.0.0.1/', { tls: {} })).toThrow(
    new TypeError('tls: the url is not https; write one that is, or leave tls out'),
  );
});

test('options that are undefined are not there', () => {
  const options = {
    headers: undefined,
    tls: undefined,
    timeout: undefined,
    maxBytes: undefined,
    labels: undefined,
    format: undefined,
    up: undefined,
  };
  expect(() => remoteSource(new URL(URL_HERE), options)).not.toThrow();
});
