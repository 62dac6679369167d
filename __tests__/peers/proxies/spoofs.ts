import type { RequestParts } from '../../support/raw-http.ts';
import { FRIEND } from './service.ts';

export interface Spoof extends RequestParts {
  readonly what: string;
  /** What it may get besides the plain refusal: some proxies refuse it themselves, some pass it on. */
  readonly otherwise?: readonly string[];
}

const XFF = 'X-Forwarded-For';
const TRICKS = `${XFF}, X-Forwarded-Host, X-Forwarded-Proto, X-Forwarded-Port, X-Real-IP, Forwarded, Via`;

const chain = (length: number) => `${XFF}: ${Array<string>(length).fill(FRIEND).join(', ')}`;

/** What a client that is not trusted may send to look like one that is. */
export const spoofs: readonly Spoof[] = [
  ...[
    '127.0.0.1',
    FRIEND,
    '::1',
    `::ffff:${FRIEND}`,
    `${FRIEND}:80`,
    `${FRIEND},`,
    `,${FRIEND}`,
    ',',
    '',
    'unknown',
  ].map((value) => ({ what: `${XFF}: ${value}`, headers: [`${XFF}: ${value}`] })),
  { what: 'a chain of trusted addresses', headers: [`${XFF}: ${FRIEND}, 127.0.0.1, ${FRIEND}, 127.0.0.1`] },
  { what: 'two fields', headers: [`${XFF}: ${FRIEND}`, `${XFF}: 127.0.0.1`] },
  { what: 'two fields, spelled differently', headers: [`x-forwarded-for: ${FRIEND}`, `X-FORWARDED-FOR: ${FRIEND}`] },
  { what: 'ninety fields', headers: Array<string>(90).fill(`${XFF}: ${FRIEND}`), otherwise: ['403 too-many-hops'] },
  { what: 'a chain of 100', headers: [chain(100)], otherwise: ['403 too-many-hops'] },
  { what: 'a chain of 7 KB', headers: [chain(540)], otherwise: ['403 forwarding-header-too-long'] },
  // The service refuses it before it has read all, and hangs up: a proxy that is still writing then says 502.
  { what: 'a chain of 60 KB', headers: [chain(4600)], otherwise: ['400', '431', '502'] },
  { what: 'a name with underscores', headers: [`X_Forwarded_For: ${FRIEND}`, `X_FORWARDED-FOR: ${FRIEND}`] },
  { what: 'a name with a space behind it', headers: [`${XFF} : ${FRIEND}`], otherwise: ['400'] },
  { what: 'a folded line', headers: ['X-Other: 1', ` ${XFF}: ${FRIEND}`], otherwise: ['400'] },
  { what: 'a bare line feed', headers: [`X-Other: 1\n${XFF}: ${FRIEND}`], otherwise: ['400'] },
  { what: 'a bare carriage return', headers: [`X-Other: 1\r${XFF}: ${FRIEND}`], otherwise: ['400'] },
  { what: 'an open quote', headers: [`${XFF}: "${FRIEND}`, `Forwarded: for="${FRIEND}`] },
  ...[`for=${FRIEND}`, `for="${FRIEND}"`, `for=127.0.0.1, for=${FRIEND}`, `for=${FRIEND},`, `for="${FRIEND}, `].map(
    (value) => ({ what: `Forwarded: ${value}`, headers: [`Forwarded: ${value}`] }),
  ),
  ...['X-Real-IP', 'X-Client-IP', 'True-Client-IP', 'CF-Connecting-IP', 'Via', 'X-Original-Forwarded-For'].map(
    (name) => ({
      what: `${name}: ${FRIEND}`,
      headers: [`${name}: ${FRIEND}`],
    }),
  ),
  // Whoever takes these names at their word drops what a proxy has written. HAProxy passes them on, and Caddy behind it obeys:
  // then nobody is left but HAProxy.
  ...[
    { what: 'Connection names the headers', headers: [`Connection: ${TRICKS}`] },
    { what: 'Connection: close and the names', headers: [`Connection: close, ${TRICKS}`] },
    {
      what: 'Connection and a header',
      headers: [`Connection: ${XFF}`, `${XFF}: ${FRIEND}`, `Forwarded: for=${FRIEND}`],
    },
    { what: 'two Connection fields', headers: ['Connection: keep-alive', `Connection: ${XFF}`, `${XFF}: ${FRIEND}`] },
    { what: 'an upgrade', headers: [`Connection: Upgrade, ${XFF}`, 'Upgrade: websocket', `${XFF}: ${FRIEND}`] },
  ].map((spoof) => ({ ...spoof, otherwise: ['400', '403 chain-exhausted'] })),
  ...['Keep-Alive', 'Proxy-Connection', 'TE', 'Trailer'].map((name) => ({
    what: `${name} names the headers`,
    headers: [`${name}: ${TRICKS}`],
  })),
  { what: 'HTTP/1.0', version: '1.0' },
  { what: 'HTTP/1.0 with a header', version: '1.0', headers: [`${XFF}: ${FRIEND}`, `Forwarded: for=${FRIEND}`] },
  { what: 'a trusted host as the host', hosts: [FRIEND] },
];
