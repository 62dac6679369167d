import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { metricsRouter } from '../../lib/index.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../support/certificate.ts';
import { CHUNKS, families, forever, KILOBYTES } from './chunks.ts';
import { type Ports, ways } from './fetches.ts';

// A client that reads to the end and says whether it got one, for every place at which a source can fail.

const faults = {
  throws: () => {
    throw new Error('the database went away');
  },
  hangs: forever,
  nothing: () => undefined,
};

const app = express();
for (const [fault, happens] of Object.entries(faults)) {
  for (let at = 0; at < CHUNKS; at++) {
    const source = { collect: () => families((chunk) => chunk === at && happens()) };
    app.use(`/${fault}/${at}`, metricsRouter({ source, timeout: 1000, allowHttp10: true }));
  }
}

const plain = createServer(app);
const tls = createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, app);
let ports: Ports;
beforeAll(async () => {
  for (const server of [plain, tls]) await once(server.listen(0, '127.0.0.1'), 'listening');
  const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
  ports = { plain: portOf(plain), tls: portOf(tls) };
});
afterAll(() => {
  for (const server of [plain, tls]) {
    server.close();
    server.closeAllConnections();
  }
});

test.each(ways)('$how, $path: a source that fails at any chunk is seen to', async ({ path, fetch }) => {
  const whole = await fetch(ports, `/nothing/0${path}`);
  expect(whole?.length).toBeGreaterThan(CHUNKS * KILOBYTES * 500);
  for (const fault of ['throws', 'hangs'] as const) {
    const all = Array.from({ length: CHUNKS }, (_, at) => fetch(ports, `/${fault}/${at}${path}`));
    const answers = await Promise.all(all);
    expect([fault, answers.filter((answer) => answer !== undefined)]).toEqual([fault, []]);
  }
});
