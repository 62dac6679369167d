import { optionError } from '../util/option-error.ts';
import type { Address } from './address.ts';
import { isNetwork, type Network, parseNetwork } from './network.ts';

/** A set of networks. */
export interface CidrSet {
  /** Whether one of the networks contains the address. */
  has(address: Address): boolean;
  /** Whether every address of the network is in the set. */
  covers(network: Network): boolean;
}

/** Where the list comes from, and what it may contain. */
export interface CidrSetOptions {
  /** Name of the list in errors, such as `metricsRouter: trustedHosts`. */
  option: string;
  /** Whether the networks may cover every IPv4 or IPv6 address. Undefined for lists without such an option. */
  allowAnyAddress?: boolean;
}

/**
 * Parses a list into sorted intervals that do not overlap, so that a look-up is a binary search: cloud providers
 * publish lists of 100,000 networks.
 *
 * @throws {TypeError} that names the entry and says what to write instead
 */
export function createCidrSet(list: readonly string[], { option, allowAnyAddress }: CidrSetOptions): CidrSet {
  const networks = parseNetworks(list, option);
  const v4 = createIntervals(networks, 1);
  const v6 = createIntervals(networks, 4);
  if (!allowAnyAddress) {
    const letIn = allowAnyAddress === undefined ? '' : ', or allowAnyAddress: true to let everyone in';
    const write = `those that you know${letIn}`;
    if (v4.isEverything) throw catchAllMessage('IPv4', 1, networks, list, option, write);
    if (v6.isEverything) throw catchAllMessage('IPv6', 4, networks, list, option, write);
  }
  const setOf = (address: Address) => (address.length === 1 ? v4 : v6);
  return {
    has: (address) => setOf(address).has(address),
    covers: ({ first, last }) => setOf(first).covers(first, last),
  };
}

/** Stands outside `createCidrSet`: as a closure there, it would keep the whole list in memory. */
function catchAllMessage(
  family: string,
  width: number,
  networks: readonly Network[],
  list: readonly string[],
  option: string,
  write: string,
): TypeError {
  const index = networks.findIndex((network) => createIntervals([network], width).isEverything);
  const every = `every ${family} address`;
  if (index >= 0) return optionError(option, list[index], { at: `[${index}]`, expected: `less than ${every}`, write });
  return optionError(option, list, { expected: `networks that together are less than ${every}`, write });
}

/** @throws {TypeError} that names the entry and says what to write instead */
export function parseNetworks(list: readonly string[], option: string): Network[] {
  if (!Array.isArray(list)) throw optionError(option, list, { expected: 'a list of networks', write: listFor(list) });
  return Array.from(list, (entry, index) => parseNetwork(entry, `${option}[${index}]`));
}

/** Suggests a list. A string, such as that of an environment variable, may name several networks. */
function listFor(value: unknown): string {
  const entries = typeof value === 'string' ? value.split(/[\s,;]+/).filter(Boolean) : [];
  const isShort = entries.length > 0 && entries.length <= 4 && entries.every(isNetwork);
  return JSON.stringify(isShort ? entries : ['127.0.0.1', '10.0.0.0/8']).replaceAll(',', ', ');
}

/** Creates a look-up among the networks whose addresses have `width` words. */
function createIntervals(networks: readonly Network[], width: number) {
  // Only these two flat arrays stay in memory.
  const { firsts, lasts } = merge(networks.filter(({ first }) => first.length === width));

  /** Index of the last interval that begins at or before the address, or -1. */
  function find(address: Address): number {
    let low = 0;
    let high = firsts.length / width;
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

/** Sorts the networks and merges those that overlap or are adjacent. */
function merge(networks: readonly Network[]): { firsts: Uint32Array; lasts: Uint32Array } {
  const sorted = networks.toSorted((a, b) => compare(a.first, 0, b.first));
  const merged: { first: Address; last: Address }[] = [];
  for (const { first, last } of sorted) {
    const previous = merged.at(-1);
    if (previous === undefined || compare(first, 0, successor(previous.last)) > 0) merged.push({ first, last });
    else if (compare(last, 0, previous.last) > 0) previous.last = last;
  }
  return {
    firsts: Uint32Array.from(merged.flatMap(({ first }) => first)),
    lasts: Uint32Array.from(merged.flatMap(({ last }) => last)),
  };
}

/** Compares the address that starts at `offset` with another. The result has the sign of the difference. */
function compare(words: ArrayLike<number>, offset: number, address: Address): number {
  for (let i = 0; i < address.length; i++) {
    const difference = (words[offset + i] ?? 0) - (address[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The next address; the last address is its own successor. */
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
