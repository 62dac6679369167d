import { isIP } from 'node:net';
import { type Fault, optionError } from '../util/option-error.ts';
import { type Address, formatAddress, parseAddress } from './address.ts';
import { networkFault } from './network-hints.ts';

/** A range of addresses of one family, both ends included. */
export interface Network {
  readonly first: Address;
  readonly last: Address;
}

/**
 * Parses an address or a CIDR network. Canonical notation only, so that people and parsers cannot read it differently.
 *
 * @throws {TypeError} that begins with `option` and says what to write
 */
export function parseNetwork(text: unknown, option: string): Network {
  const invalid = (fault: Fault) => optionError(option, text, fault);
  if (typeof text !== 'string') {
    throw invalid({ expected: 'an address or a network as a string', write: '"10.0.0.0/8" or "127.0.0.1"' });
  }
  const [base, length, ...rest] = text.split('/') as [string, ...string[]];
  const version = isIP(base);
  const address = parseAddress(base);
  if (address === undefined || rest.length > 0 || text !== text.trim()) throw invalid(networkFault(text, isNetwork));
  const bits = version === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : parsePrefix(length, bits);
  if (prefix === undefined) throw invalid(prefixFault(length, bits, base));
  const isMapped = version === 6 && address.length === 1;
  if (isMapped && prefix < 96) {
    const expected = 'an IPv4-mapped network that is no wider than IPv4';
    throw invalid({ expected, write: `its IPv4 network, such as "${formatAddress(address)}/32"` });
  }
  return networkOf(address, isMapped ? prefix - 96 : prefix, invalid);
}

export function isNetwork(text: string): boolean {
  try {
    parseNetwork(text, '');
    return true;
  } catch {
    return false;
  }
}

function networkOf(address: Address, prefix: number, invalid: (fault: Fault) => TypeError): Network {
  const masks = address.map((_, i) => wordMask(prefix - 32 * i));
  const first = address.map((word, i) => (word & (masks[i] ?? 0)) >>> 0);
  const last = first.map((word, i) => (word | ~(masks[i] ?? 0)) >>> 0);
  if (address.some((word, i) => word !== first[i])) {
    throw invalid({ expected: 'a network without host bits', write: `"${formatAddress(first)}/${prefix}"` });
  }
  return { first, last };
}

function wordMask(ones: number): number {
  return ones <= 0 ? 0 : (0xffffffff << Math.max(32 - ones, 0)) >>> 0;
}

function parsePrefix(text: string, bits: number): number | undefined {
  return /^(0|[1-9]\d{0,2})$/.test(text) && Number(text) <= bits ? Number(text) : undefined;
}

function prefixFault(text = '', bits: number, base: string): Fault {
  const mask = isIP(text) === 4 && bits === 32 ? prefixOfNetmask(text) : undefined;
  if (mask !== undefined) return { expected: 'a prefix length, not a netmask', write: `"${base}/${mask}"` };
  return { expected: `a prefix length from 0 to ${bits} after the slash`, write: `"${base}/${bits}"` };
}

function prefixOfNetmask(text: string): number | undefined {
  const [word] = parseAddress(text) as [number];
  const prefix = Math.clz32(~word);
  return wordMask(prefix) === word ? prefix : undefined;
}
