import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { parseText } from '../../support/parse-text.ts';
import { requestText } from '../../support/raw-http.ts';
import { measuredIn, type RequestsDocument, Traffic } from './traffic.ts';

/** 3 of them in CI. */
const MINUTES = Number(process.env.SOAK_MINUTES ?? (process.env.CI ? 3 : 30));
const PER_SECOND = 100;
const FAMILIES = 50;
const MIB = 2 ** 20;

jest.setTimeout((MINUTES + 5) * 60_000);

interface State {
  readonly heap: number;
  readonly sockets: number;
  readonly scrapes: number;
  readonly crashes: readonly string[];
}

let child: ChildProcess;
let port: number;
const tally: Record<string, number> = {};
const traffic = new Traffic();
const wrong: string[] = [];

beforeAll(async () => {
  const execArgv = ['--expose-gc', '--no-warnings', '--import', join(__dirname, '../../support/ts-loader.mjs')];
  child = fork(join(__dirname, 'service.ts'), { execArgv });
  [port] = await once(child, 'message');
});
afterAll(async () => {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
});

async function stateOf(): Promise<State> {
  const [state] = await Promise.all([once(child, 'message'), child.send('how are you?')]);
  return state[0] as State;
}

/** The state once what is under way has ended, which on a busy machine takes longer than the service's timeouts. */
async function stateAtRest(): Promise<State> {
  for (let tries = 0; ; tries++) {
    const state = await stateOf();
    if (state.sockets <= 1 || tries === 60) return state;
    await sleep(1000);
  }
}

test(`${MINUTES} minutes of ${PER_SECOND} scrapes a second, one in ten of them spoilt: nothing grows, and nothing stays`, async () => {
  const end = performance.now() + MINUTES * 60_000;
  const heaps: { minute: number; heap: number }[] = [];
  const asking = new Set<Promise<void>>();
  const sampleEvery = (MINUTES * 60_000) / 60;
  let sampledAt = performance.now();
  for (let turn = 0, startedAt = performance.now(); performance.now() < end; turn++) {
    for (const sending of [ask(turn), traffic.send(port, turn)]) {
      const one = sending.catch((error) => void wrong.push(String(error)));
      asking.add(one);
      void one.finally(() => asking.delete(one));
    }
    if (performance.now() > sampledAt + sampleEvery) {
      sampledAt = performance.now();
      const { heap } = await stateOf();
      heaps.push({ minute: (performance.now() - startedAt) / 60_000, heap });
    }
    await sleep(Math.max(0, startedAt + (turn + 1) * (1000 / PER_SECOND) - performance.now()));
  }
  await Promise.all(asking);
  traffic.end();
  const { sockets, scrapes, crashes } = await stateAtRest();
  // What a process fills once, code that gets compiled among it, is filled after half of the time.
  const slope = slopeOf(heaps.slice(heaps.length >> 1));
  const perTen = `${((slope * 10) / MIB).toFixed(2)} MiB in 10 minutes`;
  console.info(`${scrapes} collections, ${JSON.stringify(tally)}; heap ${perTen}`);

  expect({ wrong: wrong.slice(0, 5), crashes }).toEqual({ wrong: [], crashes: [] });
  // A scrape that hangs takes those along that share its document.
  const asked = Object.values(tally).reduce((sum, each) => sum + each, 0);
  // On an idle machine it is 70 %; a busy one answers more of them with a 503.
  expect(tally.whole).toBeGreaterThan(asked * 0.25);
  for (const outcome of ['cut', '500', '503', '403', '400', 'left', 'stalled']) expect(tally).toHaveProperty(outcome);
  // Within that half, since 90 seconds tell no smaller slope from noise: it is 11 bytes for each request of 30 minutes, and 116 of 3.
  expect((slope * MINUTES) / 2).toBeLessThan(MIB);
  // Asked for alone, it takes no turn of the source. The scrape that reports it is the only one in flight.
  const inFlight = 'metrics_endpoint_scrapes_in_flight';
  const response = await get(`/metrics?name[]=${inFlight}`);
  expect(response.statusCode).toBe(200);
  const text = (await buffer(response)).toString();
  expect(new RegExp(`^${inFlight} (\\d+)$`, 'm').exec(text)?.[1]).toBe('1');
  expect((await stateOf()).scrapes).toBe(scrapes);
  expect(sockets).toBeLessThanOrEqual(1);
  await expectRequestsMeasured();
});

/** Nothing is in flight, and every request whose response was read is counted under its route. */
async function expectRequestsMeasured(): Promise<void> {
  const document: RequestsDocument = JSON.parse((await buffer(await get('/requests.json'))).toString());
  expect(document.http_requests_in_flight.value).toEqual({ method: { GET: 0 } });
  expect(document).toHaveProperty('nodejs_eventloop_delay_seconds');
  const { '/orders': orders = 0, '/parts': parts, '/broken': broken, '/nothing': nothing } = traffic.sent;
  const { '/tenants/:tenant/orders/:id 200': answered, ...others } = measuredIn(document);
  expect(answered).toBeGreaterThanOrEqual(orders);
  // Of clients that leave before the first response, or before the service reads their requests.
  for (const left of ['/tenants/:tenant/orders/:id 499', 'unmatched 499']) delete others[left];
  expect(others).toEqual({
    '/tenants/:tenant/parts/:id 200': parts,
    '/tenants/:tenant/broken/:id 500': broken,
    '/tenants/:tenant/never/:id 499': expect.any(Number),
    'unmatched 404': nothing,
  });
}

/** Theil and Sen's: the median of the slopes of all pairs, which a few outliers do not move. In bytes a minute. */
function slopeOf(points: readonly { minute: number; heap: number }[]): number {
  const slopes = points.flatMap((a, i) => points.slice(i + 1).map((b) => (b.heap - a.heap) / (b.minute - a.minute)));
  return slopes.sort((a, b) => a - b)[slopes.length >> 1] ?? Number.NaN;
}

function count(outcome: string | number): void {
  tally[outcome] = (tally[outcome] ?? 0) + 1;
}

const CODINGS = ['identity', 'gzip', 'br'];

/** Of 100 clients two leave, two stall, one is refused and one is malformed; the source spoils four more. */
async function ask(turn: number): Promise<void> {
  const path = turn % 2 === 0 ? '/metrics.json' : '/metrics';
  const headers = { 'Accept-Encoding': CODINGS[turn % 3] };
  switch (turn % 100) {
    case 5:
    case 55:
      return leave(path, turn % 7);
    case 25:
    case 75:
      return stall(path);
    case 35:
      return expectStatus(403, path, { ...headers, Authorization: 'Bearer x' });
    case 85:
      return expectStatus(400, `${path}?name[]=%`, headers);
    default:
      return scrape(path, headers);
  }
}

function get(path: string, headers: RequestOptions['headers'] = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, headers, agent: false }, resolve).on('error', reject).end();
  });
}

/** Whole, or visibly broken. */
async function scrape(path: string, headers: RequestOptions['headers']): Promise<void> {
  let response: IncomingMessage;
  let body: Buffer;
  try {
    response = await get(path, headers);
    body = await buffer(response);
  } catch {
    return count('cut');
  }
  count(response.statusCode === 200 ? 'whole' : (response.statusCode ?? 0));
  if (response.statusCode !== 200) return;
  const coding = response.headers['content-encoding'];
  const text = (coding === 'br' ? brotliDecompressSync(body) : coding === 'gzip' ? gunzipSync(body) : body).toString();
  const names = path === '/metrics' ? parseText(text).map(({ name }) => name) : Object.keys(JSON.parse(text));
  const soaked = names.filter((name) => name.startsWith('soaked_')).length;
  // One family may be lost before its first sample, and none is here: it fails in the middle.
  if (soaked !== FAMILIES) wrong.push(`${path} with ${soaked} families`);
}

async function expectStatus(status: number, path: string, headers: RequestOptions['headers']): Promise<void> {
  const response = await get(path, headers);
  response.resume();
  count(response.statusCode ?? 0);
  if (response.statusCode !== status) wrong.push(`${path}: ${response.statusCode} and not ${status}`);
}

async function leave(path: string, ms: number): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.write(requestText({ target: path }));
  await sleep(ms);
  socket.destroy();
  count('left');
}

async function stall(path: string): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.pause().write(requestText({ target: path }));
  await sleep(1000);
  socket.destroy();
  count('stalled');
}
