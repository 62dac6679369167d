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
  const [base, length, ...rest] = text.split('/') as [string, ...string[]];
  const version = isIP(base);
  const address = parseAddress(base);
  if (address === undefined || rest.length > 0 || text !== text.trim()) throw new TypeError(cure(text));
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
  return ones <= 0 ? 0 : (0xffffffff << Math.max(32 - ones, 0)) >>> 0;
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
  const [word] = parseAddress(text) as [number];
  const prefix = Math.clz32(~word);
  return wordMask(prefix) === word ? prefix : undefined;
}

const EXAMPLE = 'write "10.0.0.0/8" or "127.0.0.1"';

/** What common mistakes are called, and what to write in their place; the first one that fits. */
const CURES: readonly [mistake: RegExp, cure: string | ((text: string) => string)][] = [
  [/^\s*$/, `is empty; ${EXAMPLE}, or leave the entry out`],
  [/^\s|\s$/, (text) => `has spaces around it; write ${JSON.stringify(text.trim())}`],
  [/%/, (text) => `has a zone; leave it out: "${text.replace(/%[^/]*/, '')}"`],
  [/^unix:/, 'is a unix socket; set allowUnixSocket: true instead'],
  [/^(all|any|\*)$/i, 'is a keyword; write "0.0.0.0/0" and "::/0" with allowAnyAddress: true'],
  [/^[\da-f.:]+-[\da-f.:]+$/i, 'is a range; write the networks that it is made of, as "10.0.0.0/24"'],
  [/^\d+(\.\d+)*(\.\*)+(\/|$)/, (text) => `is a pattern; write "${widen(text.slice(0, text.indexOf('.*')))}"`],
  [/(^|\.)0x|^\d{4,}(\/|$)/i, `is not in dotted decimal; ${EXAMPLE}`],
  [
    /^(?=(\d+\.){3}\d+(\/|$))(\d+\.)*0\d/,
    'has leading zeros, which some read as octal; write each number without them',
  ],
  [/^\d{1,3}(\.\d{1,3}){0,2}$/, (text) => `is not a network; write "${widen(text)}"`],
  [/^\d{1,3}(\.\d{1,3}){0,2}\//, (text) => `is not a network; write "${text.replace(/[^/]*/, fill)}"`],
  [/^[a-z_][\w.-]*(\/|$)/i, 'is a name; write the addresses that it stands for, as "127.0.0.1" and "::1"'],
];

function cure(text: string): string {
  const found = CURES.find(([mistake]) => mistake.test(text))?.[1] ?? `is not a network; ${EXAMPLE}`;
  return typeof found === 'string' ? found : found(text);
}

const fill = (short: string) => [...short.split('.'), '0', '0', '0'].slice(0, 4).join('.');
const widen = (short: string) => `${fill(short)}/${8 * short.split('.').length}`;
