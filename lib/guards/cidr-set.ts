import type { Address } from './address.ts';
import { type Network, parseNetwork } from './network.ts';

/** A set of networks: true for an address that is in one of them. */
export interface CidrSet {
  has(address: Address): boolean;
  /** Is every address of the network in the set? */
  covers(network: Network): boolean;
}

/** How a set is made of an option's list. */
export interface CidrSetOptions {
  /** What the list is called in errors. */
  option: string;
  /** May the networks together hold every IPv4 or every IPv6 address? */
  allowAnyAddress?: boolean;
}

/**
 * Parses a list once, into sorted intervals that do not overlap, so that a look-up is a binary search:
 * cloud providers publish lists of 100,000 networks.
 *
 * @throws {TypeError} that names the entry and says what to write instead
 */
export function cidrSet(list: readonly string[], { option, allowAnyAddress = false }: CidrSetOptions): CidrSet {
  const networks = parseNetworks(list, option);
  const v4 = intervals(networks, 1);
  const v6 = intervals(networks, 4);
  if (!allowAnyAddress) {
    if (v4.isEverything) throw new TypeError(everything('IPv4', '0.0.0.0/0'));
    if (v6.isEverything) throw new TypeError(everything('IPv6', '::/0'));
  }
  function everything(family: string, network: string): string {
    const index = list.indexOf(network);
    const what = index < 0 ? `${option}: its networks together are` : `${option}[${index}]: "${network}" is`;
    return `${what} every ${family} address; list your scrapers, or set allowAnyAddress: true to let everybody in`;
  }
  const setOf = (address: Address) => (address.length === 1 ? v4 : v6);
  return {
    has: (address) => setOf(address).has(address),
    covers: ({ first, last }) => setOf(first).covers(first, last),
  };
}

/** @throws {TypeError} that names the entry and says what to write instead */
export function parseNetworks(list: readonly string[], option: string): Network[] {
  if (!Array.isArray(list)) {
    throw new TypeError(`${option}: ${JSON.stringify(list)} is not a list; write ["127.0.0.1", "10.0.0.0/8"]`);
  }
  return list.map((entry, index) => {
    try {
      return parseNetwork(entry);
    } catch (error) {
      const shown = typeof entry === 'string' ? JSON.stringify(entry) : String(entry);
      throw new TypeError(`${option}[${index}]: ${shown} ${(error as Error).message}`);
    }
  });
}

/** Sorted, merged intervals of addresses that have `width` words, in two flat arrays. */
function intervals(networks: readonly Network[], width: number) {
  const sorted = networks
    .filter(({ first }) => first.length === width)
    .sort((a, b) => compare(a.first, 0, b.first) || compare(a.last, 0, b.last));
  const merged: { first: Address; last: Address }[] = [];
  for (const { first, last } of sorted) {
    const previous = merged.at(-1);
    if (previous === undefined || compare(first, 0, successor(previous.last)) > 0) merged.push({ first, last });
    else if (compare(last, 0, previous.last) > 0) previous.last = last;
  }
  const firsts = Uint32Array.from(merged.flatMap(({ first }) => first));
  const lasts = Uint32Array.from(merged.flatMap(({ last }) => last));

  /** The last interval that begins at or before the address, or -1. */
  function find(address: Address): number {
    let low = 0;
    let high = merged.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(firsts, middle * width, address) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
  function covers(first: Address, last: Address): boolean {
    const index = find(first);
    return index >= 0 && compare(lasts, index * width, last) >= 0;
  }
  return {
    covers,
    has: (address: Address) => covers(address, address),
    isEverything: covers(new Array<number>(width).fill(0), new Array<number>(width).fill(0xffffffff)),
  };
}

/** Compares the words from `offset` on with an address. */
function compare(words: ArrayLike<number>, offset: number, address: Address): number {
  for (let i = 0; i < address.length; i++) {
    const difference = (words[offset + i] ?? 0) - (address[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The address after this one; after the very last, the same again. */
function successor(address: Address): Address {
  const next = [...address];
  for (let i = next.length - 1; i >= 0; i--) {
    const word = next[i] ?? 0;
    if (word < 0xffffffff) {
      next[i] = word + 1;
      return next;
    }
    next[i] = 0;
  }
  return address;
}
