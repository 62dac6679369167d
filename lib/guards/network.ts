import { isIP } from 'node:net';
import { type Address, formatAddress, parseAddress } from './address.ts';

/** The addresses from the first to the last, both of one family. */
export interface Network {
  readonly first: Address;
  readonly last: Address;
}

/**
 * Reads an address or a CIDR network, in one exact spelling each: what a reader could take for another
 * network than the machine does is an error.
 *
 * @throws {TypeError} whose message says what is wrong and what to write, without naming the text
 */
export function parseNetwork(text: unknown): Network {
  if (typeof text !== 'string') throw new TypeError('is not a string; write an address or a network, as "10.0.0.0/8"');
  const [base = '', length, ...rest] = text.split('/');
  const version = isIP(base);
  const address = parseAddress(base);
  if (version === 0 || address === undefined || rest.length > 0 || text !== text.trim())
    throw new TypeError(cure(text));
  const bits = version === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : parsePrefix(length, bits, base);
  const isMapped = version === 6 && address.length === 1;
  if (isMapped && prefix < 96) {
    throw new TypeError(`is an IPv4-mapped network that is wider than IPv4; write "${formatAddress(address)}/…"`);
  }
  return network(address, isMapped ? prefix - 96 : prefix);
}

function network(address: Address, prefix: number): Network {
  const masks = address.map((_, i) => wordMask(prefix - 32 * i));
  const first = address.map((word, i) => (word & (masks[i] ?? 0)) >>> 0);
  const last = first.map((word, i) => (word | ~(masks[i] ?? 0)) >>> 0);
  if (address.some((word, i) => word !== first[i])) {
    throw new TypeError(`has host bits set; did you mean "${formatAddress(first)}/${prefix}"?`);
  }
  return { first, last };
}

function wordMask(ones: number): number {
  if (ones <= 0) return 0;
  return ones >= 32 ? 0xffffffff : (0xffffffff << (32 - ones)) >>> 0;
}

function parsePrefix(text: string, bits: number, base: string): number {
  const mask = isIP(text) === 4 && bits === 32 ? prefixOfNetmask(text) : undefined;
  if (mask !== undefined) throw new TypeError(`has a netmask for a prefix length; write "${base}/${mask}"`);
  const prefix = /^(0|[1-9]\d{0,2})$/.test(text) ? Number(text) : Number.NaN;
  if (!(prefix <= bits)) {
    throw new TypeError(
      `has no valid prefix length; write a number from 0 to ${bits} after the slash, as "${base}/${bits}"`,
    );
  }
  return prefix;
}

function prefixOfNetmask(text: string): number | undefined {
  const [word = 0] = parseAddress(text) ?? [];
  const prefix = Math.clz32(~word);
  return wordMask(prefix) === word ? prefix : undefined;
}

const EXAMPLE = 'write "10.0.0.0/8" or "127.0.0.1"';

/** What each common mistake is called, and what to write in its place. */
function cure(text: string): string {
  const trimmed = text.trim();
  const [base = '', length] = trimmed.split('/');
  const parts = base.split('.');
  if (trimmed === '') return `is empty; ${EXAMPLE}, or leave the entry out`;
  if (trimmed !== text) return `has spaces around it; write ${JSON.stringify(trimmed)}`;
  if (text.includes('%')) return `has a zone; leave it out: "${text.replace(/%[^/]*/, '')}"`;
  if (text.startsWith('unix:')) return 'is a unix socket; set allowUnixSocket: true instead';
  if (/^(all|any|\*)$/i.test(text)) return 'is a keyword; write "0.0.0.0/0" and "::/0" with allowAnyAddress: true';
  if (/^[\da-f.:]+-[\da-f.:]+$/i.test(text))
    return 'is a range; write the networks that it is made of, as "10.0.0.0/24"';
  if (/^\d+(\.\d+)*\.\*(\.\*)*$/.test(base))
    return `is a pattern; write "${widen(parts.filter((part) => part !== '*'))}"`;
  if (/(^|\.)0x/i.test(base) || (/^\d+$/.test(base) && base.length > 3)) return `is not in dotted decimal; ${EXAMPLE}`;
  if (parts.length === 4 && parts.some((part) => /^0\d/.test(part))) {
    return 'has leading zeros, which some read as octal; write each number without them';
  }
  if (/^\d{1,3}(\.\d{1,3}){0,2}$/.test(base)) {
    return `is not a network; write "${length === undefined ? widen(parts) : `${fill(parts)}/${length}`}"`;
  }
  if (/^[a-z_][\w.-]*$/i.test(base))
    return `is a name; write the addresses that it stands for, as "127.0.0.1" and "::1"`;
  return `is not a network; ${EXAMPLE}`;
}

const fill = (parts: readonly string[]) => [...parts, '0', '0', '0'].slice(0, 4).join('.');
const widen = (parts: readonly string[]) => `${fill(parts)}/${8 * parts.length}`;
