import { isIP } from 'node:net';
import { formatAddress, isLoopback, parseAddress, parsePeer } from '../../lib/access/address.ts';
import fc from '../support/property.ts';

const word = fc.nat(0xffffffff);
const group = fc.oneof(fc.constant(0), fc.nat(0xffff));

describe('parseAddress', () => {
  test('accepts what net.isIP accepts, but no zone', () => {
    const almost = fc.string({ unit: fc.constantFrom(...'0123456789abcfF:.%x/[] '), maxLength: 20 });
    fc.assert(
      fc.property(fc.oneof(almost, fc.ipV4(), fc.ipV4Extended(), fc.ipV6(), fc.string()), (text) => {
        expect(parseAddress(text) !== undefined).toBe(isIP(text) !== 0 && !text.includes('%'));
      }),
      { numRuns: 2000 },
    );
  });

  test('reads dotted decimal as a number', () => {
    fc.assert(
      fc.property(word, (value) => {
        const quad = [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
        expect(parseAddress(quad)).toEqual([value]);
      }),
    );
  });

  test('reads every notation of eight groups as these groups', () => {
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), fc.infiniteStream(fc.nat()), (groups, choices) => {
        fc.pre(!isMapped(groups));
        const choose = (among: number) => (choices.next().value as number) % among;
        expect(parseAddress(spell(groups, choose))).toEqual(wordsOf(groups));
      }),
      { numRuns: 2000 },
    );
  });

  test('reads every notation of an IPv4-mapped address as the IPv4 address', () => {
    fc.assert(
      fc.property(word, fc.infiniteStream(fc.nat()), (value, choices) => {
        const choose = (among: number) => (choices.next().value as number) % among;
        expect(parseAddress(spell([0, 0, 0, 0, 0, 0xffff, value >>> 16, value & 0xffff], choose))).toEqual([value]);
      }),
    );
  });

  test.each([
    ['IPv4-compatible', '::127.0.0.1'],
    ['IPv4-translated', '::ffff:0:127.0.0.1'],
    ['6to4', '2002:7f00:1::'],
    ['what would be mapped but for its first group', '1::ffff:127.0.0.1'],
    ['what would be mapped but for its third group', '0:0:1::ffff:127.0.0.1'],
    ['NAT64', '64:ff9b::127.0.0.1'],
  ])('does not unwrap other forms that contain an IPv4 address: %s', (_form, text) => {
    expect(parseAddress(text)).toHaveLength(4);
  });
});

describe('formatAddress', () => {
  test('writes IPv6 like the URL standard, and IPv4 so that parseAddress reads it back', () => {
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        fc.pre(!isMapped(groups));
        const { hostname } = new URL(`http://[${groups.map((value) => value.toString(16)).join(':')}]/`);
        expect(`[${formatAddress(wordsOf(groups))}]`).toBe(hostname);
      }),
    );
    fc.assert(
      fc.property(fc.ipV4(), (quad) => {
        expect(formatAddress(parseAddress(quad) as number[])).toBe(quad);
      }),
    );
  });
});

describe('parsePeer', () => {
  test.each([
    ['a zone', 'fe80::1%eth0', 'fe80::1'],
    ['a zone with a dash', 'fe80::1%br-lan', 'fe80::1'],
    ['a mapped address with a zone', '::ffff:10.0.0.1%en0', '10.0.0.1'],
    ['no zone', 'fe80::1', 'fe80::1'],
  ])('reads a socket address without its zone: %s', (_case, text, canonical) => {
    expect(formatAddress(parsePeer(text) as number[])).toBe(canonical);
  });

  test.each([
    ['a zone on IPv4', '127.0.0.1%lo'],
    ['an empty zone', 'fe80::1%'],
    ['a zone alone', '%eth0'],
    ['the empty string', ''],
    ['a name', 'localhost'],
    ['undefined', undefined],
    ['null', null],
    ['a number', 2130706433],
  ])('returns no address for %s', (_case, value) => {
    expect(parsePeer(value)).toBeUndefined();
  });
});

test.each([
  ['127.0.0.1', true],
  ['127.255.255.255', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['126.255.255.255', false],
  ['128.0.0.0', false],
  ['::2', false],
  ['::', false],
  ['::127.0.0.1', false],
  ['1::1', false],
  ['0:1::1', false],
  ['0:0:0:1::1', false],
  ['::1:0:1', false],
  ['255.0.0.1', false],
])('%s is loopback: %s', (text, loopback) => {
  expect(isLoopback(parseAddress(text) as number[])).toBe(loopback);
});

function wordsOf(groups: readonly number[]): number[] {
  return [0, 2, 4, 6].map((at) => (groups[at] ?? 0) * 0x10000 + (groups[at + 1] ?? 0));
}

const isMapped = (groups: readonly number[]) => wordsOf(groups).slice(0, 3).join() === `0,0,${0xffff}`;

/** Writes eight groups in one of the notations: leading zeros, either case, `::` for zeros, a dotted tail. */
function spell(groups: readonly number[], choose: (among: number) => number): string {
  const texts = groups.map((value) => {
    const hex = value.toString(16).padStart(choose(5), '0');
    return choose(2) === 0 ? hex : hex.toUpperCase();
  });
  if (choose(3) === 0) {
    const [high = 0, low = 0] = groups.slice(6);
    texts.splice(6, 2, [high >> 8, high & 255, low >> 8, low & 255].join('.'));
  }
  const zeros = texts.flatMap((_text, at) => (at < (texts.length === 7 ? 6 : 8) && groups[at] === 0 ? [at] : []));
  if (zeros.length === 0 || choose(2) === 0) return texts.join(':');
  const start = zeros[choose(zeros.length)] as number;
  let end = start + 1;
  while (zeros.includes(end)) end++;
  return `${texts.slice(0, start).join(':')}::${texts.slice(end).join(':')}`;
}
