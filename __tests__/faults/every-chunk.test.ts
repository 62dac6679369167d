import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { createServer as createTlsServer, request as requestTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import express from 'express';
import { metricsRouter } from '../../lib/index.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../support/certificate.ts';
import { requestText, send } from '../support/raw-http.ts';

// A client that reads to the end and says whether it got one, for every place at which a source can fail.

const CHUNKS = 30;
/** About as much as the router sends at once. */
const KILOBYTES = 16;

type Fault = 'throws' | 'hangs' | 'nothing';

/** Kilobytes that no coding makes small, for each chunk. */
const labels = Array.from({ length: CHUNKS }, () =>
  Array.from({ length: KILOBYTES }, (_, n) => ({ n: `${n}`, noise: randomBytes(768).toString('base64') })),
);

/** 30 families of a chunk each; in place of one of them the fault. */
async function* families(fault: Fault, at: number) {
  for (const [i, all] of labels.entries()) {
    if (i === at && fault === 'throws') throw new Error('the database went away');
    if (i === at && fault === 'hangs') await new Promise(() => {});
    const samples = all.map((labels) => ({ labels, value: i }));
    yield { name: `family_${i}`, type: 'gauge' as const, labelNames: ['n', 'noise'], samples };
  }
}

const app = express();
for (const fault of ['throws', 'hangs', 'nothing'] as const) {
  for (let at = 0; at < CHUNKS; at++) {
    const source = { collect: () => families(fault, at) };
    app.use(`/${fault}/${at}`, metricsRouter({ source, timeout: 1000, allowHttp10: true }));
  }
}

const plain = createServer(app);
const tls = createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, app);
beforeAll(async () => {
  for (const server of [plain, tls]) await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  for (const server of [plain, tls]) {
    server.close();
    server.closeAllConnections();
  }
});

const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

/** The body of what came whole; undefined for everything else. */
type Fetch = (path: string) => Promise<string | undefined>;

const fetchWith =
  (isTls: boolean, coding: string): Fetch =>
  async (path) => {
    const options = { host: '127.0.0.1', port: portOf(isTls ? tls : plain), path, agent: false, ca: CERTIFICATE };
    const sent = (isTls ? requestTls : request)({ ...options, headers: { 'Accept-Encoding': coding } }).end();
    try {
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      if (response.statusCode !== 200) {
        response.resume();
        return undefined;
      }
      return (await buffer(decoded(response))).toString();
    } catch {
      return undefined;
    }
  };

function decoded(response: IncomingMessage): NodeJS.ReadableStream {
  switch (response.headers['content-encoding']) {
    case 'gzip':
      return response.compose(createGunzip());
    case 'br':
      return response.compose(createBrotliDecompress());
    default:
      return response;
  }
}

const fetches: Readonly<Record<string, Fetch>> = {
  'HTTP/1.1, in chunks': fetchWith(false, 'identity'),
  gzip: fetchWith(false, 'gzip'),
  brotli: fetchWith(false, 'br'),
  TLS: fetchWith(true, 'identity'),
  'TLS and gzip': fetchWith(true, 'gzip'),
  'HTTP/1.0': async (path) => {
    const { status, body, isComplete } = await send(plain, requestText({ target: path, version: '1.0' }));
    return status === 200 && isComplete ? body : undefined;
  },
};

const cases = Object.keys(fetches).flatMap((how) => ['/metrics.json', '/metrics'].map((path) => ({ how, path })));

test.each(cases)('$how, $path: a source that fails at any chunk is seen to', async ({ how, path }) => {
  const fetch = fetches[how]!;
  const whole = await fetch(`/nothing/0${path}`);
  expect(whole?.length).toBeGreaterThan(CHUNKS * KILOBYTES * 500);
  for (const fault of ['throws', 'hangs'] as const) {
    const answers = await Promise.all(Array.from({ length: CHUNKS }, (_, at) => fetch(`/${fault}/${at}${path}`)));
    expect([fault, answers.filter((answer) => answer !== undefined)]).toEqual([fault, []]);
  }
});
