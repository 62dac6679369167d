import { type AllowedHostOptions, createHostGuard } from '../../lib/access/allowed-host.ts';
import { hostOf } from '../../lib/access/raw-request.ts';
import { contextFrom, fakeRequest, type RequestFacts } from '../support/fake-request.ts';

const REFUSED = 'host-not-allowed';

const guard = (options: Partial<AllowedHostOptions> = {}) =>
  createHostGuard({ allowedHosts: [], checkHost: false, ...options });

describe('a client on loopback', () => {
  test.each([
    'localhost',
    'LOCALHOST:3000',
    'localhost:',
    'metrics.localhost',
    'a.b.LocalHost',
    '127.0.0.1',
    '127.0.0.1:9464',
    '10.0.0.5',
    '[::1]',
    '[::1]:9464',
    '[2001:DB8::1]',
    '[::ffff:127.0.0.1]',
  ])('may request %s, which DNS rebinding cannot forge', (host) => {
    expect(guard()(contextFrom('127.0.0.1', hosted(host)))).toBeUndefined();
    expect(guard()(contextFrom('::1', hosted(host)))).toBeUndefined();
  });

  test.each([
    'evil.example',
    'localhost.evil.example',
    'notlocalhost',
    'localhost.',
    '127.0.0.1.evil.example',
    '127.1',
    '0x7f.1',
    '[::1].evil.example',
    '[evil.example]',
    '[127.0.0.1]',
    '[::1%25lo]',
    '::1',
    'localhost:80:80',
    'localhost:http',
    'localhost evil.example',
    'evil.example#localhost',
    'evil.example/localhost',
    'user@localhost',
    'localhost,evil.example',
    '',
  ])('must not request %j', (host) => {
    expect(guard()(contextFrom('127.0.0.1', hosted(host)))).toBe(REFUSED);
    expect(guard()(contextFrom('::ffff:127.8.8.8', hosted(host)))).toBe(REFUSED);
  });

  test.each([
    ['the authority of the target goes before Host', hosted('127.0.0.1', 'http://evil.example/metrics'), REFUSED],
    ['also where Host is the wrong one', hosted('evil.example', 'http://localhost:80/metrics'), undefined],
    ['an empty authority is none', hosted('localhost', 'http:///metrics'), REFUSED],
    ['without any host', {}, REFUSED],
    ['HTTP/1.0 knows no Host', { version: '1.0' as const }, undefined],
    ['HTTP/1.0 with a Host', { version: '1.0' as const, ...hosted('evil.example') }, REFUSED],
  ])('%s', (_case, facts, reason) => {
    expect(guard()(contextFrom('127.0.0.1', facts))).toBe(reason);
  });
});

describe.each<[string, string | undefined, Partial<AllowedHostOptions>]>([
  ['a client on loopback', '127.0.0.1', {}],
  ['a client on loopback, with checkHost', '127.0.0.1', { checkHost: true }],
  ['a client from elsewhere, with checkHost', '192.0.2.1', { checkHost: true }],
  ['a client on a unix socket, with checkHost', undefined, { checkHost: true }],
])('%s', (_client, address, options) => {
  const listing = guard({ ...options, allowedHosts: ['Metrics.internal', '[2001:db8::1]'] });

  test.each([
    ['metrics.internal', undefined],
    ['METRICS.INTERNAL:443', undefined],
    ['127.0.0.1', undefined],
    ['localhost', undefined],
    ['[2001:db8::1]', undefined],
    ['a.metrics.internal', REFUSED],
    ['internal', REFUSED],
    ['evil.example', REFUSED],
    ['', REFUSED],
  ])('requests %j with other names in allowedHosts: %s', (host, reason) => {
    expect(listing(contextFrom(address, hosted(host)))).toBe(reason);
  });

  test('must not request a name without allowedHosts', () => {
    expect(guard(options)(contextFrom(address, hosted('metrics.internal')))).toBe(REFUSED);
  });
});

describe.each([
  ['another address', '192.0.2.1'],
  ['a unix socket', undefined],
])('without checkHost, a client on %s', (_where, address) => {
  test.each([[[]], [['metrics.internal']]])('may request any host, whatever allowedHosts is: %j', (allowedHosts) => {
    expect(guard({ allowedHosts })(contextFrom(address, hosted('evil.example')))).toBeUndefined();
  });
});

test('without checkHost, a client whose address is unknown may request any host', () => {
  expect(guard()({ req: fakeRequest(hosted('evil.example')) })).toBeUndefined();
});

test.each([
  ['Example.org:80', 'example.org'],
  ['[2001:DB8::1]:80', '[2001:db8::1]'],
  ['a_b-c.~d', 'a_b-c.~d'],
  ['exa mple', undefined],
  ['ex\u00e4mple', undefined],
  ['example:80x', undefined],
  ['a/b', undefined],
])('the host of %j is %s', (authority, host) => {
  expect(hostOf(authority)).toBe(host);
});

function hosted(host: string, target?: string): RequestFacts {
  return { fields: [['Host', host]], ...(target !== undefined && { target }) };
}
