import { requestTarget, targetAuthority, targetPath } from '../../lib/access/raw-request.ts';
import { fakeRequest } from '../support/fake-request.ts';

test('the target is the one that was sent, with the mount path that Express removes', () => {
  const req = fakeRequest({ target: '/metrics' });
  expect(requestTarget(req)).toBe('/metrics');
  expect(requestTarget(Object.assign(req, { originalUrl: '/admin/metrics' }))).toBe('/admin/metrics');
});

test.each([
  ['/metrics', undefined, '/metrics'],
  ['/metrics?a=b?c#d', undefined, '/metrics'],
  ['/metrics#a\n?b', undefined, '/metrics'],
  ['http://localhost:80/metrics', 'localhost:80', '/metrics'],
  ['HTTP2+x.y-z://user:secret@localhost/metrics?token=secret', 'user:secret@localhost', '/metrics'],
  ['http://localhost?a', 'localhost', ''],
  ['http://localhost#a', 'localhost', ''],
  ['http:///metrics', '', '/metrics'],
  ['/?to=http://localhost/', undefined, '/'],
  ['a/b://localhost/metrics', undefined, 'a/b://localhost/metrics'],
  ['1http://localhost/', undefined, '1http://localhost/'],
  ['*', undefined, '*'],
  ['', undefined, ''],
])('of the target %j the authority is %j and the path %j', (target, authority, path) => {
  const req = fakeRequest({ target });
  expect(targetAuthority(req)).toBe(authority);
  expect(targetPath(req)).toBe(path);
});
