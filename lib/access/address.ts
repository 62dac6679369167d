import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { memoizeLast } from '../util/memoize-last.ts';

const DOT = 0x2e;
const ZERO = 0x30;

/** An IP address as 32-bit words, most significant first: one word is IPv4, four are IPv6. */
export type Address = readonly number[];

/**
 * Parses an address as headers and lists may hold it: without a zone or port, and no short, octal or hex IPv4.
 * An IPv4-mapped address (`::ffff:0:0/96`) becomes its IPv4 address; no other address is unwrapped.
 */
export function parseAddress(text: string): Address | undefined {
  // net.isIP is strict: lenient parsers have let attackers in (CVE-2023-42282).
  const version = isIP(text);
  if (version === 0 || text.includes('%')) return undefined;
  return version === 4 ? [parseQuad(text)] : unwrapMapped(parseGroups(text));
}

/** Parses a socket's `remoteAddress`, from which it removes the zone of a link-local peer. */
export function parsePeer(remoteAddress: unknown): Address | undefined {
  return typeof remoteAddress === 'string' ? parseZoned(remoteAddress) : undefined;
}

const parseZoned = memoizeLast((remoteAddress = ''): Address | undefined => {
  const zone = remoteAddress.indexOf('%');
  if (zone === -1) return parseAddress(remoteAddress);
  return isIP(remoteAddress) === 6 ? parseAddress(remoteAddress.slice(0, zone)) : undefined;
});

/** The canonical form: dotted decimal for IPv4, RFC 5952 for IPv6. */
export function formatAddress(address: Address): string {
  if (address.length === 1) return ipv4(address).toString();
  return new ipaddr.IPv6(address.flatMap((word) => [word >>> 16, word & 0xffff])).toRFC5952String();
}

/** Whether the address is in 127.0.0.0/8 or is ::1. */
export function isLoopback(address: Address): boolean {
  const [first = 0, second, third, fourth] = address;
  if (address.length === 1) return first >>> 24 === 127;
  return first === 0 && second === 0 && third === 0 && fourth === 1;
}

function ipv4([word = 0]: Address) {
  return new ipaddr.IPv4([word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
}

function parseQuad(text: string): number {
  let word = 0;
  let part = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      word = word * 256 + part;
      part = 0;
    } else {
      part = part * 10 + code - ZERO;
    }
  }
  return word * 256 + part;
}

// ipaddr.js would parse ::127.0.0.1 as the mapped ::ffff:127.0.0.1, and takes four times as long.
function parseGroups(text: string): Address {
  const [left, right] = text.split('::') as [string, string?];
  const head = groupsOf(left);
  const tail = right === undefined ? [] : groupsOf(right);
  const groups = [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  const word = (i: number) => (groups[i] ?? 0) * 0x10000 + (groups[i + 1] ?? 0);
  return [word(0), word(2), word(4), word(6)];
}

function groupsOf(text: string): number[] {
  const groups: number[] = [];
  for (const group of text === '' ? [] : text.split(':')) {
    if (group.includes('.')) {
      const quad = parseQuad(group);
      groups.push(quad >>> 16, quad & 0xffff);
    } else {
      groups.push(Number.parseInt(group, 16));
    }
  }
  return groups;
}

function unwrapMapped(address: Address): Address {
  const [first, second, third, fourth = 0] = address;
  return first === 0 && second === 0 && third === 0xffff ? [fourth] : address;
}
