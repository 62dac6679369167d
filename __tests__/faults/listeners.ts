import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { CERTIFICATE, PRIVATE_KEY } from '../support/certificate.ts';
import type { Ports } from './fetches.ts';

/** Serves an app on two ports of loopback, that no other worker of a cluster has. */
export async function listenTwice(app: RequestListener): Promise<Ports & { close(): void }> {
  const servers = [createServer(app), createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, app)];
  const [plain = 0, tls = 0] = await Promise.all(
    servers.map(async (server) => {
      await once(server.listen({ port: 0, host: '127.0.0.1', exclusive: true }), 'listening');
      return (server.address() as AddressInfo).port;
    }),
  );
  return {
    plain,
    tls,
    close() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}
