// A program for --expose-gc: measures requests in one sandbox after the other, as Jest runs test files, and prints what is left.
import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createRequire, isBuiltin } from 'node:module';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createContext, runInContext } from 'node:vm';
import { transformSync } from '@swc/core';
import type { requestMetrics } from '../../lib/sources/requests.ts';

const SANDBOXES = 6;
/** Collections until the program gives up. A collection's finalizers release memory for the next. */
const MAX_COLLECTIONS = 50;

const ENTRY = createRequire(import.meta.url).resolve('../../lib/sources/requests.ts');
const CHANNELS = ['http.server.request.start', 'http.server.response.finish'];

/** Of Node, for a sandbox. */
const globals = { performance, process, Buffer, URL, console, setTimeout, clearTimeout, setImmediate, queueMicrotask };

const codes = new Map<string, string>();

/** Returns a module's code as CommonJS. */
function codeOf(file: string): string {
  let code = codes.get(file);
  if (code === undefined) {
    code = readFileSync(file, 'utf8');
    if (file.endsWith('.json')) code = `module.exports = ${code}`;
    if (file.endsWith('.ts')) {
      const jsc = { parser: { syntax: 'typescript' }, target: 'es2022' } as const;
      code = transformSync(code, { swcrc: false, jsc, module: { type: 'commonjs' } }).code;
    }
    codes.set(file, code);
  }
  return code;
}

/** Returns a function that loads modules into a sandbox. Those of Node are shared, as with Jest, and ES modules. */
function loaderOf(sandbox: object) {
  const modules = new Map<string, { exports: unknown }>();
  return function load(file: string): unknown {
    const known = modules.get(file);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    modules.set(file, module);
    const shared = createRequire(file);
    const isShared = (id: string) => isBuiltin(id) || shared.resolve(id).endsWith('.mjs');
    const require = (id: string) => (isShared(id) ? shared(id) : load(shared.resolve(id)));
    const wrapped = runInContext(`(function (exports, require, module) {${codeOf(file)}\n})`, sandbox);
    wrapped.call(module.exports, module.exports, require, module);
    return module.exports;
  };
}

/** How the requests of a sandbox end: the last of them is the last of its process. */
const ENDINGS = ['answered', 'disconnected', 'disconnected before the first is measured', 'called late'] as const;

async function measureIn(ending: string): Promise<WeakRef<object>> {
  const sandbox = createContext({ ...globals });
  const load = loaderOf(sandbox);
  const library = load(ENTRY) as { requestMetrics: typeof requestMetrics };
  const express = load(createRequire(ENTRY).resolve(process.env.EXPRESS ?? 'express')) as typeof import('express');
  const app = express();
  const requests = library.requestMetrics({ route: () => (app === undefined ? '' : undefined) });
  let held: (() => void) | undefined;
  if (ending === 'disconnected before the first is measured') app.use(() => held?.());
  app.use(requests);
  app.get('/users/:id', (_req, res) => void res.end());
  app.get('/held', (_req, res, next) => {
    held?.();
    if (ending === 'called late') res.once('close', () => next());
  });
  app.use(requests);
  const server = createServer(app as RequestListener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const send = async (path: string, isHeld: boolean) => {
    const arrived = new Promise<void>((resolve) => {
      held = resolve;
    });
    const accepted = once(server, 'connection');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    socket.resume().write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    const [connection] = await accepted;
    const closed = new Promise((resolve) => connection.once('close', resolve));
    if (isHeld) {
      await arrived;
      socket.destroy();
    }
    await closed;
  };
  if (ending !== 'disconnected before the first is measured')
    for (const id of [1, 2]) await send(`/users/${id}`, false);
  if (ending !== 'answered') await send('/held', true);
  server.close();
  await once(server, 'close');
  return new WeakRef(runInContext('globalThis.marker = {}', sandbox));
}

async function leftAfter(ending: string) {
  const sandboxes: WeakRef<object>[] = [];
  for (let n = 0; n < SANDBOXES; n++) sandboxes.push(await measureIn(ending));
  const left = () => ({
    sandboxes: sandboxes.filter((sandbox) => sandbox.deref() !== undefined).length,
    channels: CHANNELS.filter((name) => channel(name).hasSubscribers).length,
  });
  for (let n = 0; n < MAX_COLLECTIONS && left().sandboxes + left().channels > 0; n++) {
    await sleep(5);
    globalThis.gc?.();
  }
  return left();
}

const result: Record<string, unknown> = {};
for (const ending of ENDINGS) result[ending] = await leftAfter(ending);
console.log(JSON.stringify(result));
