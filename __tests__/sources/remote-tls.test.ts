import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { remoteSource, type TlsOptions } from '../../lib/sources/remote.ts';
import { collectAll } from '../support/collect.ts';

const file = (name: string) => readFileSync(join(__dirname, '../vectors/tls', name));
const ca = file('ca.pem');
const open = new Set<Server>();

afterEach(async () => {
  for (const server of open) {
    server.closeAllConnections();
    await once(server.close(), 'close');
  }
  open.clear();
});

async function urlOf(options: ServerOptions = {}): Promise<string> {
  const server = createServer({ cert: file('server.pem'), key: file('server.key'), ...options }, (_req, res) => {
    res.setHeader('Content-Type', 'application/json').end('{"m":{"type":"gauge","value":1}}');
  });
  open.add(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/metrics.json`;
}

const MUTUAL = { ca, requestCert: true, rejectUnauthorized: true };
const CLIENT = { cert: file('client.pem'), key: file('client.key'), passphrase: 'phrase' };

test.each<[string, TlsOptions, ServerOptions]>([
  ['by its CA', { ca }, {}],
  ['by its CA and another name', { ca, servername: 'metrics.test' }, {}],
  ['by nothing', { rejectUnauthorized: false }, {}],
  ['when it asks for a certificate', { ca, ...CLIENT }, MUTUAL],
])('an upstream is trusted %s', async (_, tls, server) => {
  const { families } = await collectAll(remoteSource(await urlOf(server), { tls }));
  expect(families).toMatchObject([{ name: 'm' }]);
});

test.each<[string, TlsOptions | undefined, ServerOptions, RegExp]>([
  ['an unknown CA', undefined, {}, /: no trusted authority .* NODE_EXTRA_CA_CERTS .*, or the option tls$/],
  ['another name', { ca, servername: 'other.test' }, {}, /: Hostname\/IP does not match certificate's altnames/],
  [
    'an old protocol',
    { ca, minVersion: 'TLSv1.3' },
    { maxVersion: 'TLSv1.2' },
    /: the server does not speak TLS as expected \(.*protocol version.*\); write http/,
  ],
  ['the want of a certificate', { ca }, MUTUAL, /: /],
])('an upstream is not read because of %s', async (_, tls, server, message) => {
  const url = await urlOf(server);
  await expect(collectAll(remoteSource(url, { tls }))).rejects.toMatchObject({
    code: 'ERR_METRICS_UPSTREAM_FAILED',
    message: expect.stringMatching(message),
  });
});
