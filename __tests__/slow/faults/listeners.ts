import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Router } from 'express';
import { CERTIFICATE, PRIVATE_KEY } from '../../support/certificate.ts';
import type { Ports } from './fetches.ts';

/** Serves a router on ports of loopback that no other worker of a cluster has. An app of Express cannot speak HTTP/2. */
export async function listenInEachWay(router: Router): Promise<Ports & { close(): void }> {
  const listener = (req: unknown, res: Pick<ServerResponse, 'writeHead'>) =>
    router(req as never, res as never, () => res.writeHead(404).end());
  const http2 = createHttp2Server((req, res) => listener(req, res as never));
  const sessions = new Set<ServerHttp2Session>();
  http2.on('session', (session) => sessions.add(session));
  const servers = [createServer(listener), createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, listener)];
  const [plain = 0, tls = 0, h2 = 0] = await Promise.all(
    [...servers, http2].map(async (server) => {
      await once(server.listen({ port: 0, host: '127.0.0.1', exclusive: true }), 'listening');
      return (server.address() as AddressInfo).port;
    }),
  );
  return {
    plain,
    tls,
    h2,
    close() {
      http2.close();
      for (const session of sessions) session.destroy();
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}
