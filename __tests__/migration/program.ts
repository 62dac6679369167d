import { once } from 'node:events';
import { Server } from 'node:net';
import { transformSync } from '@swc/core';

/** A page's program, which runs in a registry of modules of its own: prom-client's metrics are global. */
export interface Program {
  /** The server that listens for scrapes. */
  readonly server: Server;
  /** What the program has when it imports the same. */
  readonly modules: NodeJS.Require;
}

const running = new Set<Server>();

const { listen } = Server.prototype;

export async function run(code: string): Promise<Program> {
  const servers: Server[] = [];
  const listening = jest.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server, ...asked) {
    servers.push(this);
    running.add(this);
    const told = asked.find((argument) => typeof argument === 'function');
    return listen.call(this, { host: '127.0.0.1', port: 0 }, told as (() => void) | undefined);
  });
  jest.resetModules();
  const { code: script } = transformSync(code, { jsc: { target: 'es2022' }, module: { type: 'commonjs' } });
  new Function('require', 'exports', script)(require, {});
  listening.mockRestore();
  // In front of it there may be one of the time before the move.
  const server = servers.at(-1);
  if (server === undefined) throw new Error('the program listens nowhere');
  for (const each of servers) if (!each.listening) await once(each, 'listening');
  return { server, modules: require };
}

/** Ends what was run. */
export async function endPrograms(): Promise<void> {
  const closed = [...running].map((server) => once(server, 'close'));
  for (const server of running) {
    server.close();
    (server as Server & { closeAllConnections?(): void }).closeAllConnections?.();
  }
  running.clear();
  await Promise.all(closed);
}
