import {
  authorizationGuard,
  createVersionGuard,
  headerLimitGuard,
  methodGuard,
  rawHeadersGuard,
  singleHostGuard,
  userinfoGuard,
} from '../../lib/access/request-guards.ts';
import { contextFrom, type RequestFacts } from '../support/fake-request.ts';

const MISSING = 'raw-headers-missing';

test.each<[string, object, string | undefined]>([
  ['both', { rawHeaders: ['Host', 'a'], headers: { host: 'a' } }, undefined],
  ['headers that a middleware emptied', { rawHeaders: ['Host', 'a'], headers: {} }, undefined],
  ['no header at all, as HTTP/1.0 permits', { rawHeaders: [], headers: {} }, undefined],
  ['no raw headers', { headers: { host: 'a' } }, MISSING],
  ['no raw headers and empty headers', { headers: {} }, MISSING],
  ['empty raw headers', { rawHeaders: [], headers: { host: 'a' } }, MISSING],
  ['null', { rawHeaders: null, headers: null }, MISSING],
  ['neither', {}, MISSING],
  ['no headers', { rawHeaders: ['Host', 'a'] }, MISSING],
  ['raw headers in pairs', { rawHeaders: [['Host', 'a']], headers: { host: 'a' } }, MISSING],
  ['raw headers as an object', { rawHeaders: { Host: 'a' }, headers: { host: 'a' } }, MISSING],
  ['a raw header without a value', { rawHeaders: ['Host'], headers: { host: 'a' } }, MISSING],
  ['a raw header with several values', { rawHeaders: ['Accept', ['a', 'b']], headers: { accept: 'a, b' } }, MISSING],
])('a request with %s: %#', (_case, req, reason) => {
  expect(rawHeadersGuard({ req: req as never })).toBe(reason);
});

test.each([
  ['one less than the limit', 19, { maxHeadersCount: 20 }, undefined],
  ['at the limit, where more may have been cut off', 20, { maxHeadersCount: 20 }, 'header-limit'],
  ['over the limit', 21, { maxHeadersCount: 20 }, 'header-limit'],
  ['no limit', 5000, { maxHeadersCount: 0 }, undefined],
  ["one less than Node's default", 999, { maxHeadersCount: null }, undefined],
  ["at Node's default", 1000, { maxHeadersCount: null }, 'header-limit'],
  ["at Node's default, on a server that does not say", 1000, {}, 'header-limit'],
  ["at Node's default, on a socket that does not know its server", 1000, undefined, 'header-limit'],
])('%s: %d fields', (_case, count, server, reason) => {
  const fields = Array.from({ length: count }, (_, n) => [`a${n}`, ''] as const);
  expect(headerLimitGuard(contextFrom('127.0.0.1', { fields, ...(server && { server }) }))).toBe(reason);
});

test('a mock without a socket has the default limit', () => {
  const req = (count: number) => ({ rawHeaders: new Array(2 * count).fill('a') }) as never;
  expect(headerLimitGuard({ req: req(999) })).toBeUndefined();
  expect(headerLimitGuard({ req: req(1000) })).toBe('header-limit');
});

test.each([
  ['0.9', 'http-version'],
  ['1.0', 'http-version'],
  ['1.1', undefined],
  ['2.0', undefined],
] as const)('HTTP/%s is too old: %s', (version, reason) => {
  const visit = contextFrom('127.0.0.1', { version });
  expect(createVersionGuard({ allowHttp10: false })(visit)).toBe(reason);
  expect(createVersionGuard({ allowHttp10: true })(visit)).toBeUndefined();
});

test.each([
  [[], undefined],
  [['a'], undefined],
  [['a', 'a'], 'duplicate-host'],
])('Host %j: %s', (hosts, reason) => {
  const fields = hosts.map((host, i) => [i === 0 ? 'Host' : 'HOST', host] as const);
  expect(singleHostGuard(contextFrom('127.0.0.1', { fields }))).toBe(reason);
});

test.each<[NonNullable<RequestFacts['version']>, string, string | undefined, string | undefined]>([
  ['2.0', 'a', undefined, undefined],
  ['2.0', 'a', 'a', undefined],
  ['2.0', 'A:443', 'a', undefined],
  ['2.0', 'a', 'a:80', undefined],
  ['2.0', 'a', 'b', 'duplicate-host'],
  ['2.0', 'a:8080', 'a:80', 'duplicate-host'],
  ['2.0', '', 'a', 'duplicate-host'],
  ['2.0', 'a', '', 'duplicate-host'],
  // HTTP/1.1 has no pseudo-headers.
  ['1.1', 'a', 'b', undefined],
])('HTTP/%s with the authority %j and Host %j: %s', (version, authority, host, reason) => {
  const fields = [[':authority', authority] as const, ...(host === undefined ? [] : [['host', host] as const])];
  expect(singleHostGuard(contextFrom('127.0.0.1', { fields, version }))).toBe(reason);
});

test('the userinfo of an authority over HTTP/2 is found', () => {
  const fields = [[':authority', 'user@localhost']] as const;
  expect(userinfoGuard(contextFrom('127.0.0.1', { fields, version: '2.0' }))).toBe('userinfo');
  expect(userinfoGuard(contextFrom('127.0.0.1', { fields, version: '1.1' }))).toBeUndefined();
});

test.each([
  ['/metrics', undefined],
  ['/metrics?a@b', undefined],
  ['http://localhost/metrics@', undefined],
  ['http://user@localhost/metrics', 'userinfo'],
  ['http://@localhost/metrics', 'userinfo'],
])('the userinfo of %s: %s', (target, reason) => {
  expect(userinfoGuard(contextFrom('127.0.0.1', { target }))).toBe(reason);
});

test.each([
  [[], undefined],
  [[['Accept', '*/*']], undefined],
  [[['Proxy-Authorization', 'Basic eDp5']], undefined],
  [[['Authorization', 'Basic eDp5']], 'http-authentication'],
  [[['AUTHORIZATION', '']], 'http-authentication'],
] as [[string, string][], string | undefined][])('HTTP authentication in %j: %s', (fields, reason) => {
  expect(authorizationGuard(contextFrom('127.0.0.1', { fields }))).toBe(reason);
});

test.each([
  ['GET', undefined],
  ['HEAD', undefined],
  ['OPTIONS', undefined],
  ['get', 'method'],
  ['POST', 'method'],
  ['', 'method'],
])('the method %j: %s', (method, reason) => {
  const visit = contextFrom('127.0.0.1');
  visit.req.method = method;
  expect(methodGuard(visit)).toBe(reason);
});
