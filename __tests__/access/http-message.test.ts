import { createVersionGuard, singleHostGuard, userinfoGuard } from '../../lib/access/http-message.ts';
import { methodGuard } from '../../lib/access/known-method.ts';
import { type RequestFacts, visitFrom } from '../support/fake-request.ts';

test.each([
  ['0.9', 'http-version'],
  ['1.0', 'http-version'],
  ['1.1', undefined],
  ['2.0', undefined],
] as const)('HTTP/%s is too old: %s', (version, reason) => {
  const visit = visitFrom('127.0.0.1', { version });
  expect(createVersionGuard({ allowHttp10: false })(visit)).toBe(reason);
  expect(createVersionGuard({ allowHttp10: true })(visit)).toBeUndefined();
});

test.each([
  [[], undefined],
  [['a'], undefined],
  [['a', 'a'], 'duplicate-host'],
])('Host %j: %s', (hosts, reason) => {
  const fields = hosts.map((host, i) => [i === 0 ? 'Host' : 'HOST', host] as const);
  expect(singleHostGuard(visitFrom('127.0.0.1', { fields }))).toBe(reason);
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
  // Not a pseudo-header there.
  ['1.1', 'a', 'b', undefined],
])('HTTP/%s with the authority %j and Host %j: %s', (version, authority, host, reason) => {
  const fields = [[':authority', authority] as const, ...(host === undefined ? [] : [['host', host] as const])];
  expect(singleHostGuard(visitFrom('127.0.0.1', { fields, version }))).toBe(reason);
});

test('the userinfo of an authority over HTTP/2 is found', () => {
  const fields = [[':authority', 'user@localhost']] as const;
  expect(userinfoGuard(visitFrom('127.0.0.1', { fields, version: '2.0' }))).toBe('userinfo');
  expect(userinfoGuard(visitFrom('127.0.0.1', { fields, version: '1.1' }))).toBeUndefined();
});

test.each([
  ['/metrics', undefined],
  ['/metrics?a@b', undefined],
  ['http://localhost/metrics@', undefined],
  ['http://user@localhost/metrics', 'userinfo'],
  ['http://@localhost/metrics', 'userinfo'],
])('the userinfo of %s: %s', (target, reason) => {
  expect(userinfoGuard(visitFrom('127.0.0.1', { target }))).toBe(reason);
});

test.each([
  ['GET', undefined],
  ['HEAD', undefined],
  ['OPTIONS', undefined],
  ['get', 'method'],
  ['POST', 'method'],
  ['', 'method'],
])('the method %j: %s', (method, reason) => {
  const visit = visitFrom('127.0.0.1');
  visit.req.method = method;
  expect(methodGuard(visit)).toBe(reason);
});
