// Starts a side in a process of its own, and talks to it.

import { fork } from 'node:child_process';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';

const server = fileURLToPath(new URL('./server.js', import.meta.url));
const load = fileURLToPath(new URL('./load.js', import.meta.url));

/** `script` answers as server.js does; `more` are further arguments to it. */
export async function startSide(side, children, { script = server, more = [] } = {}) {
  const child = start(script, [side, children, ...more]);
  const { port } = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => reject(new Error(`${side} did not start`)));
  });
  const { ask, stop } = talkTo(child);
  return { port, url: (target) => `http://127.0.0.1:${port}${target}`, ask: (command) => ask({ command }), stop };
}

/** A client in a process of its own: `run({ port, target, connections, ms })` counts the responses. */
export function startLoad() {
  const { ask, stop } = talkTo(start(load, []));
  return { run: ask, stop };
}

function start(script, args) {
  const execArgv = ['--expose-gc', '--max-old-space-size=12000'];
  return fork(script, args.map(String), { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

function talkTo(child) {
  const waiting = new Map();
  child.on('message', ({ id, value }) => {
    waiting.get(id)?.resolve(value);
    waiting.delete(id);
  });
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('a process of the benchmark ended before its answer'));
  });
  let ids = 0;
  return {
    ask: (message) =>
      new Promise((resolve, reject) => {
        waiting.set(++ids, { resolve, reject });
        child.send({ ...message, id: ids });
      }),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', resolve);
        child.disconnect();
      }),
  };
}

/** Downloads; `bytesPerSecond` makes it slow. Resolves with the bytes and the ms to the last of them. */
export function download(url, { bytesPerSecond = Number.POSITIVE_INFINITY, agent } = {}) {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { 'Accept-Encoding': 'identity' } }, (res) => {
      let bytes = 0;
      res.on('data', (chunk) => {
        bytes += chunk.length;
        const early = (bytes / bytesPerSecond) * 1000 - (performance.now() - start);
        if (early < 5) return;
        res.pause();
        setTimeout(() => res.resume(), early);
      });
      res.on('end', () => resolve({ status: res.statusCode, bytes, ms: performance.now() - start }));
      res.on('error', reject);
    }).on('error', reject);
  });
}
