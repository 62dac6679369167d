import { once } from 'node:events';
import { METHODS, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import express from 'express';
import { type MetricsRouterOptions, metricsRouter } from '../../../lib/index.ts';
import { type RawResponse, type RequestParts, requestText, send } from '../../support/raw-http.ts';
import { type Random, randomFrom } from './random.ts';

// A program, for every version of Node and Express: asks a service what nobody would ask it, and prints what came of it.

const FRIEND = '127.0.0.1';
const STRANGER = '127.0.0.2';
const PROXY = '127.0.0.3';

const [requests = 0, seed = 0] = process.argv.slice(2).map(Number);
const random = randomFrom(seed);
const broken: string[] = [];
const tally: Record<string, number> = {};
let collected = 0;

process.on('warning', () => {});
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => broken.push(`${event}: ${error}`));
}

let server: Server;

async function serve(): Promise<Server> {
  const collect = () => {
    collected++;
    return [{ name: 'up', type: 'gauge' as const, samples: [{ labels: {}, value: 1 }] }];
  };
  const options: MetricsRouterOptions = {
    source: { collect },
    trustedHosts: [FRIEND, '10.0.0.0/8'],
    trustedProxies: [PROXY, '192.168.0.0/16'],
    maxInFlight: 100,
  };
  const app = express();
  app.use(metricsRouter(options));
  app.use('/forwarded', metricsRouter({ ...options, forwardedHeader: 'forwarded' }));
  app.use('/hidden', metricsRouter({ ...options, hideFromUntrusted: true }));
  app.use((_req, res) => void res.status(404).end('nobody is here'));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function asMany(property: () => Promise<void>): Promise<void> {
  for (let done = 0; done < requests; done += 16) {
    const failed = (error: unknown) => void broken.push(`${property.name}: ${error}`);
    await Promise.all(Array.from({ length: 16 }, () => property().catch(failed)));
  }
}

/** Asks, and counts the answer; `isRefused` says that the source must not have been asked. */
async function ask(kind: string, parts: RequestParts, from: string): Promise<RawResponse> {
  const response = await send(server, requestText(parts), { from, to: '127.0.0.1' });
  count(kind, response.status);
  return response;
}

function count(kind: string, outcome: string | number): void {
  const key = `${kind}: ${outcome}`;
  tally[key] = (tally[key] ?? 0) + 1;
}

function check(holds: boolean, what: string, parts: unknown): void {
  if (!holds) broken.push(`${what}: ${JSON.stringify(parts)}`);
}

/** Whatever stands in front of what the proxy wrote never lets anybody in. */
async function prepended(): Promise<void> {
  const [name, target, write] = random.pick([
    ['X-Forwarded-For', '/metrics.json', (address: string) => address],
    [
      'Forwarded',
      '/forwarded/metrics.json',
      (address: string) => `for="${address.includes(':') ? `[${address}]` : address}"`,
    ],
  ] as const);
  const isFriend = random.chance(0.5);
  const client = isFriend ? `10.1.2.${random.int(256)}` : random.pick(['192.0.2.1', '2001:db8::1', '11.0.0.1']);
  // It may have come through more of one's own proxies.
  const hops = Array.from({ length: random.int(3) }, () => write(`192.168.0.${random.int(256)}`));
  const before = Array.from({ length: random.int(6) }, () => member(random, write));
  const value = [...(random.chance(0.7) ? before : []), write(client), ...hops].join(random.pick([',', ', ', ' ,\t']));
  const lines = [`${random.pick([name, name.toLowerCase(), name.toUpperCase()])}: ${value}`];
  for (const text of before) if (random.chance(0.3)) lines.unshift(`${name}: ${text}`);
  if (random.chance(0.3)) lines.unshift(header(random));
  const parts = { target, headers: lines };
  const { status } = await ask(`prepended, ${isFriend ? 'trusted' : 'stranger'}`, parts, PROXY);
  check(status !== 200 || isFriend, 'a stranger got in', parts);
  check(status === 200 || status === 403 || status === 431, 'no refusal', parts);
}

function member(random: Random, write: (address: string) => string): string {
  return random.pick([
    () => write(random.pick(['10.0.0.1', '127.0.0.1', '::1', '192.168.0.1'])),
    () => token(random, 1 + random.int(30)),
    () => random.pick(['unknown', '_hidden', 'for=', '"', '\\', ',', ';;', 'for="10.0.0.1', '10.0.0.1:80', '[::1]:80']),
    () => `${write('10.0.0.1')},`.repeat(random.pick([1, 31, 32, 33])),
    () => 'x'.repeat(random.pick([100, 4000, 4096, 5000])),
  ])();
}

const baselines = new Map<string, string>();

// CONNECT never reaches an app; a HEAD has no body to compare.
const SENDABLE = METHODS.filter((name) => !['CONNECT', 'HEAD'].includes(name));

/** Every untrusted request to an endpoint is answered alike, byte for byte, and the source is never asked. */
async function untrusted(): Promise<void> {
  const path = random.pick(['/metrics', '/metrics.json', '/hidden/metrics', '/hidden/metrics.json']);
  const query = random.pick(['', '', '?', '?name[]=up', '?name[]=%', `?${token(random, 20)}`]);
  const authority = random.pick(['', '', '', 'http://127.0.0.1', 'http://ada:secret@evil.example', 'https://[::1]:1']);
  const body = token(random, random.int(200));
  const isPost = random.chance(0.5);
  const parts: RequestParts = {
    method: isPost ? random.pick(SENDABLE) : 'GET',
    target: authority + path + query,
    hosts: random.pick([['127.0.0.1'], ['evil.example'], ['localhost']]),
    headers: [
      ...Array.from({ length: random.int(8) }, () => header(random)),
      ...(isPost ? [`Content-Length: ${body.length}`] : []),
    ],
    ...(isPost && { body }),
  };
  const before = collected;
  const response = await ask('untrusted', parts, random.pick([STRANGER, PROXY]));
  check(collected === before, 'the source was asked', parts);
  const lines = response.head.filter((line) => !/^(Date|Connection|Keep-Alive):/.test(line));
  const answer = [...lines, response.body].join('\n');
  const baseline = baselines.get(path) ?? answer;
  baselines.set(path, baseline);
  check(answer === baseline, 'another answer than usual', parts);
  check(path.startsWith('/hidden') ? answer.includes('nobody is here') : response.status === 403, 'no refusal', parts);
}

/** However it is spelled, wherever it stands, once or often, with or without a value. */
async function withCredentials(): Promise<void> {
  const name = [...'authorization'].map((letter) => (random.chance(0.5) ? letter : letter.toUpperCase())).join('');
  const value = random.pick(['', ' ', '\t', ' Basic YTpi', ` ${token(random, 30)}`, ' Bearer x', ' \u00ff']);
  const headers = Array.from(
    { length: random.int(6) },
    () => `X-${token(random, 8).replace(/\W/g, 'x')}: ${token(random, 9)}`,
  );
  for (let times = random.pick([1, 1, 2, 9]); times > 0; times--)
    headers.splice(random.int(headers.length + 1), 0, `${name}:${value}`);
  const parts = {
    method: random.pick(['GET', 'HEAD', 'GET', 'POST']),
    target: random.pick(['/metrics', '/metrics.json', '/hidden/metrics']),
    headers,
  };
  const before = collected;
  const { status } = await ask('with credentials', parts, FRIEND);
  check(status === 403 && collected === before, 'not refused', parts);
}

/** Bytes that are no request, or were one: no 200 for a stranger, and the process lives on. */
async function bytes(): Promise<void> {
  const isFriend = random.chance(0.3);
  let text = requestText({
    target: random.pick(['/metrics', '/metrics.json']),
    headers: Array.from({ length: random.int(4) }, () => header(random)),
  });
  if (random.chance(0.2))
    text = Array.from({ length: random.int(300) }, () => String.fromCharCode(random.int(256))).join('');
  if (random.chance(0.3)) text += text;
  for (let changes = random.int(6); changes > 0; changes--) text = damaged(text, random);
  const answer = await exchange(text, isFriend ? FRIEND : STRANGER);
  const [, status = 'nothing'] = /^HTTP\/1\.1 (\d{3})/.exec(answer) ?? [];
  count(`bytes, ${isFriend ? 'trusted' : 'stranger'}`, status);
  check(isFriend || !/HTTP\/1\.1 200/.test(answer), 'a stranger got in', text);
}

function damaged(text: string, random: Random): string {
  const at = random.int(text.length + 1);
  const to = at + random.int(20);
  return random.pick([
    () => text.slice(0, at) + String.fromCharCode(random.int(256)) + text.slice(at + 1),
    () =>
      text.slice(0, at) +
      random.pick(['\r', '\n', '\r\n', '\0', ' ', ':', '\r\n\r\n', 'HTTP/1.1', '%', '\u00ff']) +
      text.slice(at),
    () => text.slice(0, at) + text.slice(to),
    () => text.slice(0, to) + text.slice(at),
    () => text.slice(0, at),
  ])();
}

/** Everything that comes back until the server hangs up. */
function exchange(text: string, from: string): Promise<string> {
  return new Promise((resolve) => {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', localAddress: from }).setEncoding('latin1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
    // A request that is not whole is waited for: nobody here does.
    socket.setTimeout(300, () => socket.destroy());
    socket.end(text, 'latin1');
  });
}

function header(random: Random): string {
  const name = random.pick([
    'Authorization',
    'Origin',
    'X-Forwarded-Host',
    'Via',
    'Accept',
    'Cookie',
    'X-Real-IP',
    'Range',
    'If-None-Match',
    'Sec-Fetch-Site',
    'X-A',
  ]);
  return `${name}: ${random.pick(['', '127.0.0.1', '*', 'cross-site', token(random, 1 + random.int(40))])}`;
}

const CHARACTERS = [..."abcXYZ0189-._~:/?@!$&'()*+,;=%"];

/** Of characters that a header and a target may have. */
function token(random: Random, length: number): string {
  return Array.from({ length }, () => random.pick(CHARACTERS)).join('');
}

// Last, when all that stands above is there.
server = await serve();
await asMany(prepended);
await asMany(untrusted);
await asMany(withCredentials);
await asMany(bytes);
server.close();
server.closeAllConnections();
console.log(JSON.stringify({ version: process.version, tally, broken: broken.slice(0, 5) }));
