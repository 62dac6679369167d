import type { Fault } from '../util/option-error.ts';

/** Maximum number of networks in a suggestion. */
const MAX_QUOTED = 4;

type Hint = Pick<Fault, 'expected' | 'write'>;

const EXAMPLES = '"10.0.0.0/8" or "127.0.0.1"';
const GENERIC: Hint = { expected: 'a network', write: EXAMPLES };

/** Names of networks in proxy-addr, which implements Express' `trust proxy`. */
const NAMED_NETWORKS: ReadonlyMap<string, string> = new Map([
  ['linklocal', '"169.254.0.0/16", "fe80::/10"'],
  ['localhost', '"127.0.0.1", "::1"'],
  ['loopback', '"127.0.0.0/8", "::1"'],
  ['uniquelocal', '"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"'],
]);

interface Mistake {
  readonly pattern: RegExp;
  readonly expected: string;
  /** What to write: a fixed text, or a repaired network, which is suggested if it is valid. */
  readonly write?: string;
  readonly network?: (text: string) => string;
}

/** Common mistakes. The message names the first that matches. */
const MISTAKES: readonly Mistake[] = [
  { pattern: /^\s*$/, expected: 'a network', write: `${EXAMPLES}, or leave the entry out` },
  { pattern: /^\s|\s$/, expected: 'a network without spaces around it', network: (text) => text.trim() },
  {
    pattern: /^\[[\da-f:.]+\]:\d+$/i,
    expected: 'an address without brackets and port',
    network: (text) => text.slice(1, text.indexOf(']')),
  },
  {
    pattern: /^\[[\da-f:.]+(\/\d+)?\](\/\d+)?$/i,
    expected: 'an address without brackets',
    network: (text) => text.replace(/[[\]]/g, ''),
  },
  {
    pattern: /^(\d+\.){3}\d+:\d+(\/\d+)?$/,
    expected: 'an address without a port',
    network: (text) => text.replace(/:\d+/, ''),
  },
  {
    pattern: /^https?:\/\/(\[[\da-f:.]+\]|[\d.]+)(:\d+)?(\/|$)/i,
    expected: 'an address, not a URL',
    network: (text) => text.replace(/^\w+:\/\//, '').replace(/^\[|\].*|(?<=^[\d.]+)[:/].*/g, ''),
  },
  { pattern: /%/, expected: 'a network without a zone', network: (text) => text.replace(/%[^/]*/, '') },
  { pattern: /^unix:/, expected: 'an address, not a unix socket', write: 'allowUnixSocket: true instead' },
  {
    pattern: /^(all|any|\*)$/i,
    expected: 'a network, not a keyword',
    write: '"0.0.0.0/0", "::/0" with allowAnyAddress: true',
  },
  {
    pattern: /^[\da-f.:]+-[\da-f.:]+$/i,
    expected: 'a network, not a range',
    write: 'the networks that make up the range, such as "10.0.0.0/24"',
  },
  {
    pattern: /^\d+(\.\d+)*(\.\*)+(\/|$)/,
    expected: 'a network, not a pattern',
    network: (text) => widen(text.slice(0, text.indexOf('.*'))),
  },
  { pattern: /(^|\.)0x|^\d{4,}(\/|$)/i, expected: 'an address in dotted decimal', write: EXAMPLES },
  {
    pattern: /^(?=(\d+\.){3}\d+(\/|$))(\d+\.)*0\d/,
    expected: 'numbers without leading zeros, which some programs read as octal',
    network: (text) => text.replace(/(?<![\d/])0+(?=\d)/g, ''),
  },
  { pattern: /^\d{1,3}(\.\d{1,3}){0,2}$/, expected: 'a network', network: widen },
  {
    pattern: /^\d{1,3}(\.\d{1,3}){0,2}\//,
    expected: 'a network',
    network: (text) => text.replace(/[^/]*/, padToQuad),
  },
  {
    pattern: /^[a-z_][\w.-]*(:\d+)?(\/|$)/i,
    expected: 'an address, not a name',
    write: 'the addresses that the name resolves to, such as "127.0.0.1", "::1"',
  },
];

/** Explains why a text is not a network. A repaired text with a second mistake is not suggested. */
export function networkFault(text: string, isNetwork: (text: string) => boolean): Fault {
  const named = NAMED_NETWORKS.get(text.toLowerCase());
  if (named !== undefined) return { expected: 'a network, not a name', write: named };
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  if (parts.length > 1 && parts.every(isNetwork)) return { expected: 'one network per entry', write: quoted(parts) };
  const mistake = MISTAKES.find(({ pattern }) => pattern.test(text));
  if (mistake === undefined) return GENERIC;
  const { expected, write = EXAMPLES, network } = mistake;
  const suggested = network?.(text);
  return { expected, write: suggested !== undefined && isNetwork(suggested) ? `"${suggested}"` : write };
}

function quoted(networks: readonly string[]): string {
  const first = networks.slice(0, MAX_QUOTED).map((network) => `"${network}"`);
  return [...first, ...(networks.length > MAX_QUOTED ? ['…'] : [])].join(', ');
}

const padToQuad = (short: string) => [...short.split('.'), '0', '0', '0'].slice(0, 4).join('.');

function widen(short: string): string {
  return `${padToQuad(short)}/${8 * short.split('.').length}`;
}
