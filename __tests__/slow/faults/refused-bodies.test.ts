import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { serve } from '../../support/clients.ts';
import { requestText } from '../../support/raw-http.ts';

const MIB = 2 ** 20;
const BODY = 400 * MIB;
/** Of the body; the kernels' buffers hold what else the client could write. */
const MOST_READ = MIB / 4;

/** Writes a body of 400 MB for as long as anybody takes it. Gives how much was read of it, by the server's socket. */
async function upload(headers: readonly string[], from: string): Promise<{ read: number; answer: string }> {
  const { server, port } = await serve({ source: { collect: () => [] }, allowHttp10: true });
  const taken = once(server, 'connection') as Promise<[Socket]>;
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  let answer = '';
  socket.setEncoding('latin1').on('data', (text) => {
    answer += text;
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write(requestText({ headers }));
  const [peer] = await taken;
  const piece = Buffer.alloc(MIB / 4, 'x');
  let written = 0;
  const write = () => {
    while (written < BODY && !socket.destroyed) {
      written += piece.length;
      if (!socket.write(piece)) return;
    }
    socket.end();
  };
  socket.on('drain', write);
  write();
  await closed;
  return { read: peer.bytesRead, answer };
}

test.each([
  ['a stranger', ['Content-Length: 419430400'], '127.0.0.2', 403],
  ['a stranger, in one chunk', ['Transfer-Encoding: chunked', '', '19000000'], '127.0.0.2', 403],
  ['a trusted client with credentials', ['Content-Length: 419430400', 'Authorization: Basic x'], '127.0.0.1', 403],
  ['a trusted client', ['Content-Length: 419430400'], '127.0.0.1', 200],
])('of a body of 400 MB that %s sends with a GET, at most 256 KiB are read', async (_who, headers, from, status) => {
  const { read, answer } = await upload(headers, from);
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(read).toBeLessThanOrEqual(MOST_READ);
});
