import { httpVersion, noUserinfo, singleHost } from '../../lib/guards/http-message.ts';
import { knownMethod } from '../../lib/guards/known-method.ts';
import { visitFrom } from '../support/fake-request.ts';

test.each([
  ['0.9', 'http-version'],
  ['1.0', 'http-version'],
  ['1.1', undefined],
  ['2.0', undefined],
] as const)('HTTP/%s is too old: %s', (version, reason) => {
  const visit = visitFrom('127.0.0.1', { version });
  expect(httpVersion({ allowHttp10: false })(visit)).toBe(reason);
  expect(httpVersion({ allowHttp10: true })(visit)).toBeUndefined();
});

test.each([
  [[], undefined],
  [['a'], undefined],
  [['a', 'a'], 'duplicate-host'],
])('Host %j: %s', (hosts, reason) => {
  const fields = hosts.map((host, i) => [i === 0 ? 'Host' : 'HOST', host] as const);
  expect(singleHost(visitFrom('127.0.0.1', { fields }))).toBe(reason);
});

test.each([
  ['/metrics', undefined],
  ['/metrics?a@b', undefined],
  ['http://localhost/metrics@', undefined],
  ['http://user@localhost/metrics', 'userinfo'],
  ['http://@localhost/metrics', 'userinfo'],
])('the userinfo of %s: %s', (target, reason) => {
  expect(noUserinfo(visitFrom('127.0.0.1', { target }))).toBe(reason);
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
  expect(knownMethod(visit)).toBe(reason);
});
