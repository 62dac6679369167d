// A service whose sockets come from another process. inherited-sockets.test.ts starts it.

import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { Server as NetServer, type Socket } from 'node:net';
import express from 'express';
import { metricsRouter } from '../../lib/index.ts';
import { CERTIFICATE, PRIVATE_KEY } from './certificate.ts';

/** Settings of the service, in the environment. */
export interface Inherited {
  readonly by: 'descriptor' | 'server' | 'connection';
  readonly tls: boolean;
}

const { by, tls }: Inherited = JSON.parse(process.env.INHERITED as string);

const source = { collect: () => [] };
const app = express()
  .use(metricsRouter({ source, path: '/by-default' }))
  .use(metricsRouter({ source, path: '/allowed', allowUnixSocket: true }));
const server = tls ? createSecureServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, app) : createServer(app);
const serve = (socket: Socket) => server.emit('connection', socket);

process.on('message', (_message, handle) => {
  if (handle instanceof NetServer) {
    handle.on('connection', serve);
    process.send?.('ready');
  } else serve(handle as Socket);
});
process.on('disconnect', () => process.exit());

if (by === 'descriptor') server.listen({ fd: 3 }, () => process.send?.('ready'));
else process.send?.('ready');
