// node load.js: a client that costs little, in a process of its own, so that it is not what is measured. It speaks
// HTTP/1.1 on raw sockets, one request at a time on each, and only looks for the end of each response.
// On { port, target, connections, ms } it answers { responses, bytes, ms }.

import { connect } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n');

process.on('message', async ({ id, port, target, connections, ms }) => {
  const request = `GET ${target} HTTP/1.1\r\nHost: localhost:${port}\r\nAccept: */*\r\n\r\n`;
  const start = performance.now();
  const until = start + ms;
  const counts = await Promise.all(Array.from({ length: connections }, () => ask(port, request, until)));
  const sum = (name) => counts.reduce((total, count) => total + count[name], 0);
  process.send({ id, value: { responses: sum('responses'), bytes: sum('bytes'), ms: performance.now() - start } });
});
process.on('disconnect', () => process.exit());

/** Asks again and again on one connection. */
function ask(port, request, until) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let responses = 0;
    let bytes = 0;
    let response = createResponse();
    socket.setNoDelay(true);
    socket.on('connect', () => socket.write(request));
    socket.on('error', reject);
    socket.on('data', (data) => {
      bytes += data.length;
      try {
        if (!response.add(data)) return;
      } catch (error) {
        reject(error);
        socket.destroy();
        return;
      }
      responses++;
      if (performance.now() < until) {
        response = createResponse();
        socket.write(request);
      } else {
        socket.destroy();
        resolve({ responses, bytes });
      }
    });
  });
}

/** `add` returns true when the response is complete. */
function createResponse() {
  let head = Buffer.alloc(0);
  let left;
  let tail = Buffer.alloc(0);
  return {
    add(data) {
      let body = data;
      if (left === undefined) {
        head = head.length === 0 ? data : Buffer.concat([head, data]);
        const end = head.indexOf(HEAD_END);
        if (end === -1) return false;
        const text = head.latin1Slice(0, end);
        if (!text.startsWith('HTTP/1.1 200')) throw new Error(`the answer was ${text.split('\r\n', 1)[0]}`);
        const length = /\r\ncontent-length: *(\d+)/i.exec(text);
        left = length === null ? Number.POSITIVE_INFINITY : Number(length[1]);
        body = head.subarray(end + (length === null ? 2 : 4));
      }
      if (left !== Number.POSITIVE_INFINITY) {
        left -= body.length;
        return left <= 0;
      }
      tail = body.length >= LAST_CHUNK.length ? body : Buffer.concat([tail, body]);
      return tail.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
    },
  };
}
