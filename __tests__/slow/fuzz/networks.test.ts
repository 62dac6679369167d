import { BlockList } from 'node:net';
import { type Address, formatAddress } from '../../../lib/access/address.ts';
import { createCidrSet } from '../../../lib/access/cidr-set.ts';
import { type Random, randomFrom, runs, seed } from './random.ts';

/** A network as numbers, which no code of the package has touched. */
interface Oracle {
  readonly bits: 32 | 128;
  readonly base: bigint;
  readonly prefix: number;
}

const sizeOf = ({ bits, prefix }: Oracle) => 1n << BigInt(bits - prefix);

function network(random: Random): Oracle {
  const bits = random.chance(0.5) ? 32 : 128;
  // Wide ones are rare: of many networks one of them would hold everything.
  const prefix = random.chance(0.02) ? random.int(3) : random.pick([bits - 1, bits, 4 + random.int(bits - 3)]);
  const size = 1n << BigInt(bits - prefix);
  const base = (random.bits(bits) / size) * size;
  // Mapped ones are a test of their own.
  return isMapped(base, bits) ? network(random) : { bits, base, prefix };
}

const isMapped = (value: bigint, bits: number) => bits === 128 && value >> 32n === 0xffffn;

/** The first, the last, those beside them, some within, and any. */
function addressesFor(oracle: Oracle, random: Random): bigint[] {
  const { bits, base } = oracle;
  const size = sizeOf(oracle);
  const within = base + (random.bits(bits) % size);
  return [base, base + size - 1n, base - 1n, base + size, within, random.bits(bits)]
    .filter((value) => value >= 0n && value < 1n << BigInt(bits))
    .filter((value) => !isMapped(value, bits));
}

const holds = (oracle: Oracle, bits: number, value: bigint) =>
  oracle.bits === bits && value >= oracle.base && value < oracle.base + sizeOf(oracle);

function wordsOf(value: bigint, bits: number): Address {
  return Array.from({ length: bits / 32 }, (_, i) => Number((value >> BigInt(bits - 32 - 32 * i)) & 0xffffffffn));
}

/** Written here, and not by the package: quads, or eight groups. */
function textOf(value: bigint, bits: number): string {
  const parts = bits === 32 ? 4 : 8;
  const width = BigInt(bits / parts);
  const numbers = Array.from(
    { length: parts },
    (_, i) => (value >> (width * BigInt(parts - 1 - i))) & ((1n << width) - 1n),
  );
  return numbers.map((number) => number.toString(bits === 32 ? 10 : 16)).join(bits === 32 ? '.' : ':');
}

const family = (bits: number) => (bits === 32 ? 'ipv4' : 'ipv6');

test.each([1, 20])(
  `lists of %d: every address is in or out as net.BlockList and numbers have it (seed ${seed})`,
  (length) => {
    const random = randomFrom(seed + length);
    const tally = { in: 0, out: 0 };
    while (tally.in + tally.out < runs(0.5)) {
      const oracles = Array.from({ length }, () => network(random));
      const list = oracles.map(({ base, bits, prefix }) => `${textOf(base, bits)}/${prefix}`);
      const set = createCidrSet(list, { option: 'list', allowAnyAddress: true });
      // One for each family: to net.BlockList an IPv4 address is in ::/0, which has its mapped form.
      const blocks = { 32: new BlockList(), 128: new BlockList() };
      for (const { base, bits, prefix } of oracles) blocks[bits].addSubnet(textOf(base, bits), prefix, family(bits));
      for (const { bits, ...oracle } of oracles) {
        for (const value of addressesFor({ bits, ...oracle }, random)) {
          const has = set.has(wordsOf(value, bits));
          const expected = oracles.some((one) => holds(one, bits, value));
          const isBlocked = blocks[bits].check(textOf(value, bits), family(bits));
          if (has !== expected || has !== isBlocked) {
            const says = `${has}; by numbers ${expected}, by net.BlockList ${isBlocked}`;
            throw new Error(`${textOf(value, bits)} in ${list.join(' ')}: ${says}`);
          }
          tally[has ? 'in' : 'out']++;
        }
      }
    }
    console.info(`pairs with lists of ${length}: ${JSON.stringify(tally)}`);
    expect(Math.min(tally.in, tally.out)).toBeGreaterThan(runs(0.5) / 10);
  },
);

test('a mapped network is its IPv4 network, and its addresses are IPv4 addresses', () => {
  const random = randomFrom(seed);
  for (let i = 0; i < runs(0.05); i++) {
    const oracle = network(random);
    if (oracle.bits !== 32) continue;
    const { base, prefix } = oracle;
    const mapped = `::ffff:${textOf(base, 32)}/${prefix + 96}`;
    const set = createCidrSet([mapped], { option: 'list', allowAnyAddress: true });
    for (const value of addressesFor(oracle, random)) {
      if (set.has(wordsOf(value, 32)) !== holds(oracle, 32, value))
        throw new Error(`${textOf(value, 32)} in ${mapped}`);
    }
  }
});

test('a list is refused when and only when its networks together hold every address of a family', () => {
  const random = randomFrom(seed);
  const tally = { refused: 0, taken: 0 };
  for (let i = 0; i < runs(0.02); i++) {
    const bits = random.pick([32, 128] as const);
    const pieces = halves({ bits, base: 0n, prefix: 0 }, random, 6);
    const isWhole = random.chance(0.5);
    if (!isWhole) pieces.splice(random.int(pieces.length), 1);
    const list = pieces.map(({ base, prefix }) => `${formatAddress(wordsOf(base, bits))}/${prefix}`);
    let isRefused = false;
    try {
      createCidrSet(list, { option: 'list', allowAnyAddress: false });
    } catch {
      isRefused = true;
    }
    if (isRefused !== isWhole) throw new Error(`${list.join(' ')} is ${isRefused ? '' : 'not '}refused`);
    tally[isRefused ? 'refused' : 'taken']++;
  }
  expect(Math.min(tally.refused, tally.taken)).toBeGreaterThan(runs(0.02) / 10);
});

/** Networks that do not overlap and together are this one, in any order. */
function halves(oracle: Oracle, random: Random, depth: number): Oracle[] {
  if (depth === 0 || random.chance(0.2)) return [oracle];
  const prefix = oracle.prefix + 1;
  const low = { ...oracle, prefix };
  const high = { ...low, base: oracle.base + sizeOf(low) };
  const parts = [halves(low, random, depth - 1), halves(high, random, depth - 1)];
  return (random.chance(0.5) ? parts : parts.reverse()).flat();
}
