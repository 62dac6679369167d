import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { type AddressInfo, createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CERTIFICATE } from '../support/certificate.ts';
import type { Inherited } from '../support/inherited-app.ts';

// systemd, a process manager or a parent process listens, and the service gets the socket.

const children = new Set<ChildProcess>();
const servers = new Set<Server>();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metrics-'));
});
afterEach(async () => {
  for (const server of servers) server.close();
  servers.clear();
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const exited = once(child, 'exit');
    child.disconnect();
    await exited;
  }
  children.clear();
  await rm(folder, { recursive: true });
});

/** Where clients connect. The unix socket is renamed, as a listener that closes removes the path it knows. */
type Place = { socketPath: string } | { host: string; port: number };

async function listen(kind: 'unix' | 'TCP'): Promise<{ listener: Server; place: Place }> {
  const path = join(folder, 'bound.sock');
  const on: ListenOptions = kind === 'unix' ? { path } : { host: '127.0.0.1', port: 0 };
  const listener = createServer({ pauseOnConnect: true }).listen(on);
  servers.add(listener);
  await once(listener, 'listening');
  if (kind === 'TCP') return { listener, place: { host: '127.0.0.1', port: (listener.address() as AddressInfo).port } };
  const socketPath = join(folder, 'app.sock');
  await rename(path, socketPath);
  return { listener, place: { socketPath } };
}

/** Starts the service, passes it the listening socket or its connections, and resolves when it is ready. */
async function startService(listener: Server, settings: Inherited): Promise<void> {
  const { fd } = (listener as unknown as { _handle: { fd: number } })._handle;
  const child = fork(join(__dirname, '../support/inherited-app.ts'), {
    execArgv: ['--import', join(__dirname, '../support/ts-loader.mjs')],
    env: { ...process.env, INHERITED: JSON.stringify(settings) },
    stdio: ['ignore', 'inherit', 'inherit', settings.by === 'descriptor' ? fd : 'ignore', 'ipc'],
  });
  children.add(child);
  await once(child, 'message');
  if (settings.by === 'connection') {
    listener.on('connection', (socket: Socket) => child.send('connection', socket));
    return;
  }
  if (settings.by === 'server') {
    child.send('server', listener);
    await once(child, 'message');
  }
  // From here on, only the service accepts connections.
  listener.close();
  servers.delete(listener);
}

async function statusOf(path: string, place: Place, { tls }: Inherited): Promise<number | undefined> {
  const to = { ...place, path, headers: { Host: '127.0.0.1' }, agent: false };
  const request = tls ? httpsGet({ ...to, ca: CERTIFICATE, servername: 'metrics.test' }) : httpGet(to);
  const [response] = await once(request, 'response');
  response.resume();
  await once(response, 'end');
  return response.statusCode;
}

test.each<['unix' | 'TCP', Inherited, byDefault: number]>([
  ['unix', { by: 'descriptor', tls: false }, 403],
  ['unix', { by: 'descriptor', tls: true }, 403],
  ['unix', { by: 'server', tls: false }, 403],
  ['unix', { by: 'server', tls: true }, 403],
  ['unix', { by: 'connection', tls: false }, 403],
  ['unix', { by: 'connection', tls: true }, 403],
  // A TCP client has an address, which is trusted.
  ['TCP', { by: 'connection', tls: true }, 200],
])('a client of an inherited %s socket (%j) gets %d, and 200 with allowUnixSocket', async (...row) => {
  const [kind, settings, byDefault] = row;
  const { listener, place } = await listen(kind);
  await startService(listener, settings);
  expect(await statusOf('/by-default', place, settings)).toBe(byDefault);
  expect(await statusOf('/allowed', place, settings)).toBe(200);
});
