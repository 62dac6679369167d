import { remoteSource } from '../../lib/sources/remote.ts';

const URL_HERE = 'https://127.0.0.1/metrics';

const NO_URL = "expected an http or https URL, got GOT; write 'http://10.0.0.7:8000/metrics.json'";
const CREDENTIALS =
  'expected a URL without credentials, got one with credentials; write them into headers, as authorization';

test.each([
  ['no URL', '/metrics', NO_URL.replace('GOT', 'another string')],
  ['another scheme', 'ftp://127.0.0.1/', NO_URL.replace('GOT', 'another string')],
  ['credentials', 'http://user:secret@127.0.0.1/', CREDENTIALS],
  ['a user', 'http://secret@127.0.0.1/', CREDENTIALS],
  [
    'a fragment',
    'http://127.0.0.1/#',
    'expected a URL without a fragment, which is never sent, got one with a fragment; write the part before the #',
  ],
  ['nothing', undefined, NO_URL.replace('GOT', 'undefined')],
])('%s is no upstream', (_, url, message) => {
  expect(() => remoteSource(url as never)).toThrow(new TypeError(`remoteSource: url: ${message}`));
});

const NOT_SENT = 'expected a header that HTTP can send, got another one; write a valid name and value';
const LABEL_NAME = 'expected a label name: letters, digits and _, and neither le nor quantile';

test.each([
  [{ timout: 1 }, 'options: expected the name of an option, got "timout"; did you mean "timeout"?'],
  [
    { retries: 1 },
    'options: expected the name of an option, got "retries"; write one of headers, tls, timeout, maxBytes, maxJoinBytes, maxSeries, maxFamilies, maxLabelBytes, labels, format, up',
  ],
  [
    { timeout: 0 },
    'timeout: expected milliseconds, above 0 and at most 2147483647, got 0; write a number such as 5000',
  ],
  [{ maxBytes: 1.5 }, 'maxBytes: expected a positive integer, got 1.5; write a number such as 1000'],
  [{ maxSeries: 0 }, 'maxSeries: expected a positive integer, got 0; write a number such as 1000'],
  [{ maxFamilies: '9' }, 'maxFamilies: expected a positive integer, got "9"; write 9'],
  [{ maxLabelBytes: -1 }, 'maxLabelBytes: expected a positive integer, got -1; write a number such as 1000'],
  [{ format: 'text' }, 'format: expected "auto" or "json" or "prometheus" or "openmetrics", got "text"; write "auto"'],
  [{ up: 1 }, 'up: expected a boolean, got 1; write true or false'],
  [{ labels: { 'a-b': 'c' } }, `labels.a-b: ${LABEL_NAME}, got "a-b"; write { instance: "a" }`],
  [{ labels: { le: '1' } }, `labels.le: ${LABEL_NAME}, got "le"; write { instance: "a" }`],
  [{ labels: { __name__: 'a' } }, `labels.__name__: ${LABEL_NAME}, got "__name__"; write { instance: "a" }`],
  [{ labels: { a: 1 } }, 'labels.a: expected a string, got 1; write "1"'],
  [{ labels: ['a'] }, 'labels: expected an object of label names and strings, got [ \'a\' ]; write { instance: "a" }'],
  [{ headers: ['secret'] }, 'headers: expected an object of strings, got an array; write { name: "…" }'],
  [{ headers: 'secret' }, 'headers: expected an object of strings, got a string; write { name: "…" }'],
  [
    { headers: { authorization: 1 } },
    'headers.authorization: expected a string, got a number; write its text in quotes',
  ],
  [{ headers: { 'a b': 'secret' } }, `headers["a b"]: ${NOT_SENT}`],
  [{ headers: { authorization: 'secret\r\nx: y' } }, `headers.authorization: ${NOT_SENT}`],
  [
    { headers: { 'Accept-Encoding': 'secret' } },
    'headers.Accept-Encoding: expected nothing, because the source sets it for each request, got a value; write nothing in its place',
  ],
  [{ tls: 'secret' }, 'tls: expected an object of TLS options, got a string; write { ca: … }'],
  [{ tls: { Key: 'secret' } }, 'tls: expected the name of an option, got "Key"; did you mean "key"?'],
  [
    { tls: { pfx: 'secret' } },
    'tls: expected the name of an option, got "pfx"; write one of ca, cert, key, passphrase, minVersion, servername, rejectUnauthorized',
  ],
])('%j is refused', (options, message) => {
  expect(() => remoteSource(URL_HERE, options as never)).toThrow(new TypeError(`remoteSource: ${message}`));
});

test('a key that is none is refused without being shown', () => {
  expect(() => remoteSource(URL_HERE, { tls: { key: 'secret' } })).toThrow(
    /^remoteSource: tls: expected options of tls\.createSecureContext\(\), got (?!.*secret)/,
  );
});

test('TLS options need TLS', () => {
  expect(() => remoteSource('http://127.0.0.1/', { tls: {} })).toThrow(
    new TypeError(
      'remoteSource: tls: expected nothing for a url that is not https, got an object; write a url that begins with https:, or leave tls out',
    ),
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
