import { formatAddress } from '../../lib/access/address.ts';
import { createCidrSet } from '../../lib/access/cidr-set.ts';
import type { RequestContext } from '../../lib/access/guard.ts';
import { type AllowlistOptions, createAllowlist } from '../../lib/access/trusted-ip.ts';
import { fakeRequest, type RequestFacts } from '../support/fake-request.ts';

const trusting = (options: Partial<AllowlistOptions> = {}) =>
  createAllowlist({
    trustedHosts: ['127.0.0.1', '10.0.0.0/8'],
    trustedProxies: createCidrSet(['192.0.2.9'], { option: 'trustedProxies' }),
    forwardedHeader: 'x-forwarded-for',
    allowUnixSocket: false,
    allowAnyAddress: false,
    option: 'trustedHosts',
    ...options,
  });

const visit = (facts: RequestFacts) => ({ req: fakeRequest(facts) });
const through = (address: string): RequestFacts => ({ peer: '192.0.2.9', fields: [['X-Forwarded-For', address]] });

test.each([
  ['a trusted address', { peer: '127.0.0.1' }, undefined],
  ['an address of a trusted network', { peer: '10.1.2.3' }, undefined],
  ['another', { peer: '192.0.2.1' }, 'not-trusted'],
  ['a trusted one behind a proxy', through('10.1.2.3'), undefined],
  ['another behind a proxy', through('192.0.2.1'), 'not-trusted'],
  ['a trusted one that forwards for others', through('192.0.2.1, 10.1.2.3'), undefined],
  ['another that forwards for others', through('10.1.2.3, 192.0.2.1'), 'not-trusted'],
  ['no address', {}, 'address-unparseable'],
])('%s: %j gets %s', (_case, facts: RequestFacts, reason) => {
  expect(trusting().guard(visit(facts))).toBe(reason);
});

test('an allowed unix socket needs no address', () => {
  const guard = trusting({ allowUnixSocket: true }).guard;
  expect(guard(visit({ server: { address: () => '/run/app.sock' } }))).toBeUndefined();
});

test('the client address is stored in the context for later guards', () => {
  const seen: RequestContext = visit(through('192.0.2.1'));
  trusting().guard(seen);
  expect({ ...seen.client, address: formatAddress(seen.client?.address ?? []) }).toEqual({
    address: '192.0.2.1',
    hops: 1,
    isForwarder: false,
  });
});

test('setTrustedHosts replaces the list, and keeps it when the new one is invalid', () => {
  const { guard, setTrustedHosts: trust } = trusting();
  trust(['192.0.2.1']);
  expect(guard(visit({ peer: '192.0.2.1' }))).toBeUndefined();
  expect(guard(visit({ peer: '127.0.0.1' }))).toBe('not-trusted');
  for (const bad of [['127.0.0.1', '10/8'], ['::/0']]) expect(() => trust(bad)).toThrow(/^trustedHosts\[\d\]: /);
  expect(guard(visit({ peer: '192.0.2.1' }))).toBeUndefined();
  expect(guard(visit({ peer: '127.0.0.1' }))).toBe('not-trusted');
});

test('allowAnyAddress lets in every address', () => {
  const { guard, setTrustedHosts: trust } = trusting({ trustedHosts: ['0.0.0.0/0'], allowAnyAddress: true });
  expect(guard(visit({ peer: '192.0.2.1' }))).toBeUndefined();
  expect(guard(visit({ peer: '2001:db8::1' }))).toBe('not-trusted');
  trust(['::/0']);
  expect(guard(visit({ peer: '2001:db8::1' }))).toBeUndefined();
});
