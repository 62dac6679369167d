import type { Fault } from '../option-error.ts';

type Hint = Pick<Fault, 'expected' | 'write'>;

const EXAMPLES = '"10.0.0.0/8" or "127.0.0.1"';
const GENERIC: Hint = { expected: 'a network', write: EXAMPLES };

interface Mistake {
  readonly pattern: RegExp;
  readonly expected: string;
  /** What to write: a text, or the network that is meant, which is suggested if it is one. */
  readonly write?: string;
  readonly network?: (text: string) => string;
}

/** Common mistakes; the first that fits is named. */
const MISTAKES: readonly Mistake[] = [
  { pattern: /^\s*$/, expected: 'a network', write: `${EXAMPLES}, or leave the entry out` },
  { pattern: /^\s|\s$/, expected: 'a network without spaces around it', network: (text) => text.trim() },
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
    pattern: /^[a-z_][\w.-]*(\/|$)/i,
    expected: 'an address, not a name',
    write: 'the addresses that the name stands for, such as "127.0.0.1", "::1"',
  },
];

/** Why a text is not a network. A suggestion is checked: it may have a second mistake, which has to be named next. */
export function networkFault(text: string, isNetwork: (text: string) => boolean): Fault {
  const mistake = MISTAKES.find(({ pattern }) => pattern.test(text));
  if (mistake === undefined) return GENERIC;
  const { expected, write = EXAMPLES, network } = mistake;
  const suggested = network?.(text);
  return { expected, write: suggested !== undefined && isNetwork(suggested) ? `"${suggested}"` : write };
}

const padToQuad = (short: string) => [...short.split('.'), '0', '0', '0'].slice(0, 4).join('.');

function widen(short: string): string {
  return `${padToQuad(short)}/${8 * short.split('.').length}`;
}
