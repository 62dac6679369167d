import { type Address, formatAddress, parseAddress } from '../../lib/access/address.ts';
import { createCidrSet, parseNetworks } from '../../lib/access/cidr-set.ts';
import { parseNetwork } from '../../lib/access/network.ts';
import fc from '../support/property.ts';

const address = (text: string) => parseAddress(text) as Address;
const setOf = (list: readonly string[]) => createCidrSet(list, { option: 'trustedHosts', allowAnyAddress: false });

describe('membership', () => {
  test('agrees with a linear search', () => {
    const networks = fc.array(fc.oneof(networkOf(1), networkOf(4)), { maxLength: 40 });
    fc.assert(
      fc.property(networks, fc.array(fc.oneof(addressOf(1), addressOf(4))), (list, addresses) => {
        const set = createCidrSet(list, { option: 'trustedHosts', allowAnyAddress: true });
        const near = list.flatMap(edgesAndNeighbours);
        for (const candidate of [...addresses, ...near]) expect(set.has(candidate)).toBe(isInOne(list, candidate));
      }),
      { numRuns: 300 },
    );
  });

  test('is correct for 100,000 networks, as in the lists of cloud providers', () => {
    // Every third /24 and every second /48, the last ones first: nothing merges.
    const numbers = Array.from({ length: 50_000 }, (_, n) => n).reverse();
    const v4 = (n: number) => 0x0a000000 + n * 3 * 256;
    const v6 = (n: number) => [0x20010000 + ((n * 2) >> 16), ((n * 2) << 16) >>> 0, 0, 0];
    const set = setOf(numbers.flatMap((n) => [`${formatAddress([v4(n)])}/24`, `${formatAddress(v6(n))}/48`]));

    const inside = numbers.flatMap((n) => [
      [v4(n)],
      [v4(n) + 255],
      v6(n),
      v6(n).with(1, (v6(n)[1] as number) + 0xffff),
    ]);
    const outside = numbers.flatMap((n) => [[v4(n) - 1], [v4(n) + 256], v6(n).with(1, (v6(n)[1] as number) + 0x10000)]);
    expect(inside.filter((candidate) => !set.has(candidate))).toEqual([]);
    expect(outside.filter((candidate) => set.has(candidate))).toEqual([]);
  });

  test('compares with few networks of a long list', () => {
    const list = Array.from({ length: 65_536 }, (_, n) => `10.${n >> 8}.${n & 255}.0/25`);
    const set = setOf(list);
    expect(readsOf(() => set.has(counted(address('10.200.0.1'))))).toBeLessThan(40);
    expect(readsOf(() => set.has(counted(address('11.0.0.0'))))).toBeLessThan(40);
  });

  test('is false for every address with an empty list', () => {
    expect(setOf([]).has(address('127.0.0.1'))).toBe(false);
    expect(setOf([]).has(address('::'))).toBe(false);
  });

  test('keeps IPv4 and IPv6 apart', () => {
    expect(setOf(['0.0.0.1']).has(address('::1'))).toBe(false);
    expect(setOf(['::1']).has(address('0.0.0.1'))).toBe(false);
  });
});

describe('covers', () => {
  test.each([
    [['10.0.0.0/8'], '10.1.0.0/16', true],
    [['10.0.0.0/9', '10.128.0.0/9'], '10.0.0.0/8', true],
    [['10.0.0.0/9'], '10.0.0.0/8', false],
    [['10.128.0.0/9'], '10.0.0.0/8', false],
    [['10.0.0.0/24', '10.0.2.0/24'], '10.0.0.0/22', false],
    [['10.0.0.1'], '10.0.0.1/32', true],
    [['::/1', '8000::/2', 'c000::/2'], '2001:db8::/32', true],
    [[], '10.0.0.1', false],
  ])('%j covers %s: %s', (list, network, covered) => {
    const set = createCidrSet(list, { option: 'trustedProxies', allowAnyAddress: true });
    expect(set.covers(parseNetwork(network, 'list[0]'))).toBe(covered);
  });
});

describe('a list that covers every address', () => {
  const write = 'those that you know, or allowAnyAddress: true to let everyone in';

  test.each([
    [
      ['10.0.0.0/8', '0.0.0.0/0'],
      `trustedHosts[1]: expected less than every IPv4 address, got "0.0.0.0/0"; write ${write}`,
    ],
    [['::/0'], `trustedHosts[0]: expected less than every IPv6 address, got "::/0"; write ${write}`],
    [['0::0/0'], `trustedHosts[0]: expected less than every IPv6 address, got "0::0/0"; write ${write}`],
    [
      ['::1', '::ffff:0:0/96'],
      `trustedHosts[1]: expected less than every IPv4 address, got "::ffff:0:0/96"; write ${write}`,
    ],
    [
      ['0.0.0.0/1', '128.0.0.0/1'],
      `trustedHosts: expected networks that together are less than every IPv4 address, got [ '0.0.0.0/1', '128.0.0.0/1' ]; write ${write}`,
    ],
    [
      ['8000::/1', '::/2', '4000::/2'],
      `trustedHosts: expected networks that together are less than every IPv6 address, got [ '8000::/1', '::/2', '4000::/2' ]; write ${write}`,
    ],
  ])('is refused: %j', (list, message) => {
    expect(() => setOf(list)).toThrow(new TypeError(message));
  });

  test('is accepted with allowAnyAddress', () => {
    const set = createCidrSet(['0.0.0.0/0'], { option: 'trustedHosts', allowAnyAddress: true });
    expect(set.has(address('255.255.255.255'))).toBe(true);
    expect(set.has(address('::1'))).toBe(false);
  });

  test('is refused without mention of allowAnyAddress where that option does not exist', () => {
    expect(() => createCidrSet(['::/0'], { option: 'trustedProxies' })).toThrow(
      new TypeError('trustedProxies[0]: expected less than every IPv6 address, got "::/0"; write those that you know'),
    );
  });

  test('is not one that leaves out a single address', () => {
    const allButLast = Array.from({ length: 32 }, (_, n) => `${formatAddress([2 ** 32 - 2 ** (32 - n)])}/${n + 1}`);
    const set = setOf(allButLast);
    expect(set.has(address('255.255.255.254'))).toBe(true);
    expect(set.has(address('255.255.255.255'))).toBe(false);
  });
});

test.each([
  ['10.0.0.0/8', 'trustedHosts: expected a list of networks, got "10.0.0.0/8"; write ["10.0.0.0/8"]'],
  ['::1, ::2', 'trustedHosts: expected a list of networks, got "::1, ::2"; write ["::1", "::2"]'],
  ['all', 'trustedHosts: expected a list of networks, got "all"; write ["127.0.0.1", "10.0.0.0/8"]'],
  [null, 'trustedHosts: expected a list of networks, got null; write ["127.0.0.1", "10.0.0.0/8"]'],
  [10n, 'trustedHosts: expected a list of networks, got 10n; write ["127.0.0.1", "10.0.0.0/8"]'],
  [new Set(['::1']), /^trustedHosts: expected a list of networks, got \[Set\]; write /],
  [['::1', '10/8'], 'trustedHosts[1]: expected a network, got "10/8"; write "10.0.0.0/8"'],
  [['::1', { ip: '::1' }], /^trustedHosts\[1\]: expected an address or a network as a string, got \[Object\]; write /],
  [['::1', Object.create(null)], /^trustedHosts\[1\]: .* as a string, got .*; write /],
  [['::1', Symbol('a')], /^trustedHosts\[1\]: .* as a string, got Symbol\(a\); write /],
  [new Array(1), /^trustedHosts\[0\]: .* as a string, got undefined; write /],
])('the error for a bad list names the entry: %p', (list, message) => {
  const parse = () => parseNetworks(list as string[], 'trustedHosts');
  expect(parse).toThrow(TypeError);
  expect(parse).toThrow(message);
});

function addressOf(width: 1 | 4): fc.Arbitrary<Address> {
  return fc.array(fc.oneof(fc.constantFrom(0, 0xffffffff), fc.nat(0xffffffff)), { minLength: width, maxLength: width });
}

function networkOf(width: 1 | 4): fc.Arbitrary<string> {
  const bits = 32 * width;
  return fc.tuple(addressOf(width), fc.nat(bits)).map(([words, prefix]) => {
    const all = words.reduce((sum, word) => (sum << 32n) + BigInt(word), 0n);
    const host = BigInt(bits - prefix);
    const base = (all >> host) << host;
    const parts = [];
    const unit = width === 1 ? 8n : 16n;
    for (let shift = BigInt(bits) - unit; shift >= 0n; shift -= unit) {
      parts.push(((base >> shift) & ((1n << unit) - 1n)).toString(width === 1 ? 10 : 16));
    }
    return `${parts.join(width === 1 ? '.' : ':')}/${prefix}`;
  });
}

function isInOne(list: readonly string[], candidate: Address): boolean {
  return list.some((text) => {
    const { first, last } = parseNetwork(text, 'list[0]');
    return first.length === candidate.length && compare(first, candidate) <= 0 && compare(candidate, last) <= 0;
  });
}

function compare(a: Address, b: Address): number {
  const at = a.findIndex((word, index) => word !== b[index]);
  return at === -1 ? 0 : (a[at] as number) - (b[at] as number);
}

function edgesAndNeighbours(text: string): Address[] {
  const { first, last } = parseNetwork(text, 'list[0]');
  const moved = (words: Address, by: number) => words.with(-1, ((words.at(-1) as number) + by) >>> 0);
  return [first, last, moved(first, -1), moved(last, 1)];
}

let reads = 0;

/** An address that counts how often its words are read: once per comparison. */
function counted(words: Address): Address {
  return new Proxy(words, {
    get(target, key) {
      if (key === '0') reads++;
      return Reflect.get(target, key);
    },
  });
}

function readsOf(work: () => void): number {
  reads = 0;
  work();
  return reads;
}
