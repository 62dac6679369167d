import type { RequestParts } from '../../../support/raw-http.ts';
import { FRIEND } from './service.ts';

export interface Spoof extends RequestParts {
  readonly what: string;
  /** What it may get besides the plain refusal: some proxies refuse it themselves, some pass it on. */
  readonly otherwise?: readonly string[];
}

/** An address as `Forwarded` wants it. */
export const forwardedFor = (address: string) => (address.includes(':') ? `for="[${address}]"` : `for=${address}`);

const XFF = 'X-Forwarded-For';
const TRICKS = `${XFF}, X-Forwarded-Host, X-Forwarded-Proto, X-Forwarded-Port, X-Real-IP, Forwarded, Via`;

/** What a client that is not trusted may send to look like one that is. */
export function spoofsAs(friend: string): readonly Spoof[] {
  const chain = (bytes: number) => Array<string>(Math.round(bytes / (friend.length + 2))).fill(friend);
  const inUrl = friend.includes(':') ? `[${friend}]` : friend;
  return [
    ...[
      '127.0.0.1',
      friend,
      '::1',
      `::ffff:${friend}`,
      `${inUrl}:80`,
      `${friend},`,
      `,${friend}`,
      ',',
      '',
      'unknown',
    ].map((value) => ({ what: `${XFF}: ${value}`, headers: [`${XFF}: ${value}`] })),
    { what: 'a chain of trusted addresses', headers: [`${XFF}: ${friend}, 127.0.0.1, ${friend}, 127.0.0.1`] },
    { what: 'two fields', headers: [`${XFF}: ${friend}`, `${XFF}: 127.0.0.1`] },
    { what: 'two fields, spelled differently', headers: [`x-forwarded-for: ${friend}`, `X-FORWARDED-FOR: ${friend}`] },
    { what: 'ninety fields', headers: Array<string>(90).fill(`${XFF}: ${friend}`), otherwise: ['403 too-many-hops'] },
    {
      what: 'a chain of 100',
      headers: [`${XFF}: ${Array<string>(100).fill(friend).join(', ')}`],
      otherwise: ['403 too-many-hops'],
    },
    {
      what: 'a chain of 7 KB',
      headers: [`${XFF}: ${chain(6500).join(', ')}`],
      otherwise: ['403 forwarding-header-too-long'],
    },
    // The service refuses it before it has read all, and hangs up: a proxy that is still writing then says 502.
    { what: 'a chain of 60 KB', headers: [`${XFF}: ${chain(55_000).join(', ')}`], otherwise: ['400', '431', '502'] },
    { what: 'a name with underscores', headers: [`X_Forwarded_For: ${friend}`, `X_FORWARDED-FOR: ${friend}`] },
    { what: 'a name with a space behind it', headers: [`${XFF} : ${friend}`], otherwise: ['400'] },
    { what: 'a folded line', headers: ['X-Other: 1', ` ${XFF}: ${friend}`], otherwise: ['400'] },
    { what: 'a bare line feed', headers: [`X-Other: 1\n${XFF}: ${friend}`], otherwise: ['400'] },
    { what: 'a bare carriage return', headers: [`X-Other: 1\r${XFF}: ${friend}`], otherwise: ['400'] },
    { what: 'an open quote', headers: [`${XFF}: "${friend}`, `Forwarded: for="${friend}`] },
    ...[
      forwardedFor(friend),
      `for="${friend}"`,
      `for=127.0.0.1, for=${friend}`,
      `for=${friend},`,
      `for="${friend}, `,
    ].map((value) => ({ what: `Forwarded: ${value}`, headers: [`Forwarded: ${value}`] })),
    ...['X-Real-IP', 'X-Client-IP', 'True-Client-IP', 'CF-Connecting-IP', 'Via', 'X-Original-Forwarded-For'].map(
      (name) => ({
        what: `${name}: ${friend}`,
        headers: [`${name}: ${friend}`],
      }),
    ),
    // Whoever takes these names at their word drops what a proxy has written. HAProxy passes them on, and Caddy behind it obeys:
    // then nobody is left but HAProxy.
    ...[
      { what: 'Connection names the headers', headers: [`Connection: ${TRICKS}`] },
      { what: 'Connection: close and the names', headers: [`Connection: close, ${TRICKS}`] },
      {
        what: 'Connection and a header',
        headers: [`Connection: ${XFF}`, `${XFF}: ${friend}`, `Forwarded: for=${friend}`],
      },
      { what: 'two Connection fields', headers: ['Connection: keep-alive', `Connection: ${XFF}`, `${XFF}: ${friend}`] },
      { what: 'an upgrade', headers: [`Connection: Upgrade, ${XFF}`, 'Upgrade: websocket', `${XFF}: ${friend}`] },
    ].map((spoof) => ({ ...spoof, otherwise: ['400', '403 chain-exhausted'] })),
    ...['Keep-Alive', 'Proxy-Connection', 'TE', 'Trailer'].map((name) => ({
      what: `${name} names the headers`,
      headers: [`${name}: ${TRICKS}`],
    })),
    { what: 'HTTP/1.0', version: '1.0' },
    { what: 'HTTP/1.0 with a header', version: '1.0', headers: [`${XFF}: ${friend}`, `Forwarded: for=${friend}`] },
    { what: 'a trusted host as the host', hosts: [inUrl] },
  ];
}

export const spoofs = spoofsAs(FRIEND);
