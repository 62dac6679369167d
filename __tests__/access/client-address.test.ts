import { type Address, formatAddress } from '../../lib/access/address.ts';
import { createCidrSet } from '../../lib/access/cidr-set.ts';
import { clientAddress } from '../../lib/access/client-address.ts';
import { fakeRequest, type RequestFacts } from '../support/fake-request.ts';
import fc from '../support/property.ts';

const PROXY = '10.0.0.1';
type Header = 'x-forwarded-for' | 'forwarded';

/** Returns the client's address, or the reason for its absence. */
function find(facts: RequestFacts, { header = 'x-forwarded-for' as Header, allowUnixSocket = false } = {}): string {
  const { address, refused } = clientAddress(fakeRequest(facts), {
    trustedProxies: createCidrSet(['10.0.0.0/8', 'fd00::/8'], { option: 'trustedProxies' }),
    forwardedHeader: header,
    allowUnixSocket,
  });
  return refused ?? (address === undefined ? 'nobody' : formatAddress(address as Address));
}

const throughProxy = (value: string, header: Header = 'x-forwarded-for') =>
  find({ peer: PROXY, fields: [[header, value]] }, { header });

describe('a member of X-Forwarded-For', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:0', '192.0.2.1'],
    ['192.0.2.1:65535', '192.0.2.1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['[::ffff:192.0.2.1]:443', '192.0.2.1'],
    ['\t 192.0.2.1 \t', '192.0.2.1'],
  ])('is read: %j', (member, address) => {
    expect(throughProxy(member)).toBe(address);
  });

  test.each([
    '',
    ' ',
    'unknown',
    '_hidden',
    '-',
    'localhost',
    '192.0.2',
    '192.0.2.01',
    '192.0.2.1:',
    '192.0.2.1:65536',
    '192.0.2.1:123456',
    '192.0.2.1:80:80',
    '192.0.2.1:+80',
    '192.0.2.1:8e1',
    '192.0.2.1/32',
    '0x7f.1',
    '2130706433',
    '2001:db8::1%eth0',
    '[2001:db8::1%eth0]',
    '[2001:db8::1]:',
    '[2001:db8::1]:65536',
    '[2001:db8::1]x',
    '[2001:db8::1',
    '2001:db8::1]',
    '[[2001:db8::1]]',
    '[192.0.2.1]',
    '[]',
    '"192.0.2.1"',
    '192.0.2.1 192.0.2.2',
    'for=192.0.2.1',
    '192.0.2.1\u00a0',
  ])('is not an address: %j', (member) => {
    expect(throughProxy(member)).toBe('forwarded-malformed');
    expect(throughProxy(`192.0.2.1, ${member}, 10.0.0.2`)).toBe('forwarded-malformed');
  });
});

describe('an element of Forwarded', () => {
  test.each([
    ['for=192.0.2.1', '192.0.2.1'],
    ['for="192.0.2.1:80"', '192.0.2.1'],
    ['for="[2001:db8::1]"', '2001:db8::1'],
    ['for="[2001:db8::1]:443"', '2001:db8::1'],
    // RFC 7239, section 6: an IPv6 address is in brackets.
    ['for="2001:db8::1"', 'forwarded-malformed'],
    ['for="192.0.2.1:_port"', 'forwarded-malformed'],
    ['for=unknown', 'forwarded-malformed'],
    ['for=_hidden', 'forwarded-malformed'],
    ['for=""', 'forwarded-malformed'],
    ['for="a, for=192.0.2.1', '192.0.2.1'],
  ])('%s gives %s', (element, found) => {
    expect(throughProxy(element, 'forwarded')).toBe(found);
  });
});

const REFUSED = /^[a-z-]+$/;

describe('the chain', () => {
  test.each([
    ['ends at the first that is no proxy', ['192.0.2.1, 198.51.100.1, 10.0.0.3'], '198.51.100.1'],
    ['goes on over several fields', ['192.0.2.1', '10.0.0.3', '10.0.0.2'], '192.0.2.1'],
    ['passes IPv6 proxies', ['192.0.2.1, fd00::1, [fd00::2]:443'], '192.0.2.1'],
    ['passes a proxy in mapped spelling', ['192.0.2.1, ::ffff:10.0.0.3'], '192.0.2.1'],
    ['is not looked at beyond the answer', ['rubbish, 192.0.2.1'], '192.0.2.1'],
    ['has nothing left', ['10.0.0.3, 10.0.0.2'], 'chain-exhausted'],
    ['has 32 members', [`${'192.0.2.9, '.repeat(31)}192.0.2.1`], '192.0.2.1'],
    ['has 33 members', [`${'192.0.2.9, '.repeat(32)}192.0.2.1`], 'too-many-hops'],
    ['has 33 members in as many fields', new Array(33).fill('192.0.2.1'), 'too-many-hops'],
    ['has 4096 bytes', [`${'x'.repeat(4086)},192.0.2.1`], '192.0.2.1'],
    ['has 4097 bytes', [`${'x'.repeat(4087)},192.0.2.1`], 'forwarding-header-too-long'],
    ['has 4097 bytes in two fields', ['x'.repeat(4087), '192.0.2.1'], 'forwarding-header-too-long'],
    ['is too long and has too many members', [','.repeat(5000)], 'forwarding-header-too-long'],
    ['is not there', [], 'forwarding-header-missing'],
    ['is empty', [''], 'forwarded-malformed'],
  ])('%s', (_case, values, found) => {
    const fields = values.map((value): [string, string] => ['X-FORWARDED-FOR', value]);
    expect(find({ peer: PROXY, fields })).toBe(found);
  });

  test('is read only from the selected header', () => {
    const fields: [string, string][] = [
      ['Forwarded', 'for=192.0.2.1'],
      ['X-Forwarded-For', '192.0.2.2'],
      ['X-Real-IP', '192.0.2.3'],
      ['Via', '1.1 proxy'],
    ];
    expect(find({ peer: PROXY, fields }, { header: 'forwarded' })).toBe('192.0.2.1');
    expect(find({ peer: PROXY, fields }, { header: 'x-forwarded-for' })).toBe('192.0.2.2');
    expect(find({ peer: PROXY, fields: fields.slice(1) }, { header: 'forwarded' })).toBe('forwarding-header-missing');
  });

  // The members of the client precede those of the proxies, in the same field or in an earlier one.
  const rubbish = fc.string({ unit: fc.constantFrom(...'for=127.0.0.1,;"\\ []:_x\t'), maxLength: 200 });
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6().map((text) => `[${text}]`),
  );
  const client = fc.oneof(
    fc.ipV4(),
    fc.ipV6().map((text) => `"[${text}]"`),
  );

  test.each([
    [
      'x-forwarded-for' as const,
      fc.array(fc.oneof(address, fc.constant('10.0.0.7'), rubbish), { minLength: 1, maxLength: 5 }),
    ],
    [
      'forwarded' as const,
      fc.array(
        fc.oneof(
          client.map((node) => `for=${node}`),
          fc.constant('for=10.0.0.7'),
          rubbish,
        ),
        { minLength: 1, maxLength: 5 },
      ),
    ],
  ])('does not depend on members that a client puts in front: %s', (header, chains) => {
    const prefixes = fc.oneof(
      rubbish,
      fc.string(),
      chains.map((chain) => chain.join(', ')),
    );
    let found = 0;
    fc.assert(
      fc.property(chains, prefixes, fc.boolean(), (chain, prefix, ownField) => {
        const own = chain.join(', ');
        const before = throughProxy(own, header);
        if (REFUSED.test(before)) return;
        found++;
        const values = ownField ? [prefix, own] : [`${prefix}, ${own}`];
        const after = find({ peer: PROXY, fields: values.map((value) => [header, value] as const) }, { header });
        expect([before, expect.stringMatching(/^(too-many-hops|forwarding-header-too-long)$/)]).toContainEqual(after);
      }),
      { numRuns: 2000 },
    );
    expect(found).toBeGreaterThan(200);
  });
});

test.each([
  ['192.0.2.1', false],
  ['192.0.2.1, 10.0.0.2', false],
  ['192.0.2.9, 192.0.2.1', true],
  ['unknown, 192.0.2.1, 10.0.0.2', true],
  // Proxies that append to a missing header leave an empty member.
  [', 192.0.2.1', false],
  ['192.0.2.9, , 192.0.2.1', true],
])('%j has members to the left of the address: %s', (value, isForwarder) => {
  const options = {
    trustedProxies: createCidrSet(['10.0.0.0/8'], { option: 'trustedProxies' }),
    allowUnixSocket: false,
  };
  const request = fakeRequest({ peer: PROXY, fields: [['x-forwarded-for', value]] });
  expect(clientAddress(request, { ...options, forwardedHeader: 'x-forwarded-for' })).toMatchObject({ isForwarder });
});

describe('a peer that is not a trusted proxy', () => {
  test.each([
    'X-Forwarded-For',
    'x-forwarded-host',
    'X-Forwarded-Proto',
    'X-Forwarded-Port',
    'FORWARDED',
    'X-Real-IP',
    'X-Client-IP',
    'X-Cluster-Client-IP',
    'True-Client-IP',
    'CF-Connecting-IP',
    'Fastly-Client-IP',
    'X-Original-Forwarded-For',
    'X-Envoy-External-Address',
    'Via',
    'l5d-client-id',
    'L5D-Dst-Canonical',
  ])('must not send %s, whatever its value', (name) => {
    for (const value of ['', '127.0.0.1', 'x'.repeat(5000)]) {
      expect(
        find({
          peer: '192.0.2.1',
          fields: [
            ['Accept', '*/*'],
            [name, value],
          ],
        }),
      ).toBe('unexpected-forwarding-header');
    }
  });

  test.each([
    'X-Forwarded',
    'X-Forwarded-Server',
    'X-Forwarded-Prefix',
    'Client-IP',
    'X_Forwarded_For',
    'l5d-ctx',
    'Vi\u0430',
  ])('may send %s: the list is closed', (name) => {
    expect(find({ peer: '192.0.2.1', fields: [[name, '127.0.0.1']] })).toBe('192.0.2.1');
  });
});

describe('a socket without an address', () => {
  const unix = { server: { address: () => '/run/app.sock' } };
  const tcp = { server: { address: () => ({ port: 80 }), listening: true } };
  const byDescriptor = { server: { address: () => null, listening: true } };
  // These have the names of Node's handles.
  class Pipe {}
  class TCP {}
  const passedOn = (handle: object | null) => ({ server: { address: () => null, listening: false }, handle });

  test.each([
    ['is refused', unix, false, 'address-unparseable'],
    ['is absent if unix sockets are allowed', unix, true, 'nobody'],
    ['is refused when it is a unix socket that is gone', { ...unix, destroyed: true }, true, 'address-unparseable'],
    ['is refused when it is a TCP socket that is gone', tcp, true, 'address-unparseable'],
    ['is refused when its server is unknown', {}, true, 'address-unparseable'],
    ['is refused when its server cannot say', { server: {} }, true, 'address-unparseable'],
    ['is refused when its server has closed', { server: { address: () => null } }, true, 'address-unparseable'],
    ['is absent on a unix socket by descriptor', byDescriptor, true, 'nobody'],
    ['is refused on one that is not allowed', byDescriptor, false, 'address-unparseable'],
    ['is refused on one that is gone', { ...byDescriptor, destroyed: true }, true, 'address-unparseable'],
    ['is absent on a unix socket that was passed on', passedOn(new Pipe()), true, 'nobody'],
    ['is absent on TLS over a unix socket', passedOn({ _parent: new Pipe() }), true, 'nobody'],
    ['is refused on a TCP socket that was passed on', passedOn(new TCP()), true, 'address-unparseable'],
    ['is refused on TLS over one', passedOn({ _parent: new TCP() }), true, 'address-unparseable'],
    ['is refused on a socket without a handle', passedOn(null), true, 'address-unparseable'],
    [
      'is refused on a TCP socket that has lost its peer, and that a unix socket server was given',
      { ...unix, localAddress: '127.0.0.1' },
      true,
      'address-unparseable',
    ],
  ])('%s', (_case, facts, allowUnixSocket, found) => {
    expect(find(facts, { allowUnixSocket })).toBe(found);
  });

  test('is refused with a forwarding header', () => {
    const fields: [string, string][] = [['X-Forwarded-For', '127.0.0.1']];
    expect(find({ ...unix, fields }, { allowUnixSocket: true })).toBe('unexpected-forwarding-header');
  });
});
