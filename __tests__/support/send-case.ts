import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { ClientBehavior, RouteCase } from './route-cases.ts';

/** How often the request of a case is sent, each time with another number. */
export const TIMES = 3;

/** Sends the requests of a case. Resolves when the server has closed their connections. */
export async function sendCase(server: Server, [, , request, , client]: RouteCase): Promise<void> {
  const texts = Array.from({ length: TIMES }, (_, i) => requestText(request.replaceAll('{n}', `${i + 1}`), client));
  const batches = client === 'pipelines and disconnects' ? [texts] : texts.map((text) => [text]);
  for (const batch of batches) await sendBatch(server, batch, client?.endsWith('disconnects') ?? false);
}

async function sendBatch(server: Server, batch: readonly string[], disconnects: boolean): Promise<void> {
  let arrived = 0;
  const onRequest = () => {
    arrived++;
  };
  server.on('request', onRequest);
  const accepted = once(server, 'connection');
  // A connection may end with a reset.
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  socket.resume().write(batch.join(''));
  const [connection] = await accepted;
  // Not events.once, which rejects when the client resets the connection.
  const closed = new Promise((resolve) => connection.once('close', resolve));
  if (disconnects) {
    while (arrived < batch.length) await nextTurn();
    socket.destroy();
  }
  await closed;
  server.off('request', onRequest);
  // What a listener of the connection has left for later.
  await nextTurn();
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

function requestText(request: string, client: ClientBehavior | undefined): string {
  const connection = {
    'asks for an upgrade': 'Connection: Upgrade, close\r\nUpgrade: websocket\r\n',
    disconnects: '',
    'pipelines and disconnects': '',
  };
  return `${request} HTTP/1.1\r\nHost: a\r\n${client === undefined ? 'Connection: close\r\n' : connection[client]}\r\n`;
}
