import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Replacement, recipePage } from '../../support/recipe-page.ts';
import { packedTarball, run } from '../package/tools.ts';

/** A project in which a page's files are, with what its `npm install` installs. */
export interface Project {
  readonly folder: string;
  /** Writes a file of the page, with what a reader would put in for what the page has. */
  write(file: string, ...replacements: readonly (readonly [string, string])[]): void;
  /** Runs a program of node_modules/.bin, or `node`, to its end, and gives what it wrote to stdout. */
  run(program: string, ...args: string[]): Promise<string>;
  /** Starts such a program. It ends with the test file, and all that it has started, too. */
  start(program: string, ...args: string[]): Running;
}

export interface Running {
  /** All that it wrote so far. */
  log(): string;
  stop(): Promise<void>;
}

const stops: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Installs what a page installs, with other versions if these are replaced. */
export async function projectOf(
  pageName: string,
  folder: string,
  env: NodeJS.ProcessEnv = {},
  versions: readonly Replacement[] = [],
): Promise<Project> {
  const page = recipePage(pageName);
  const tarball = packedTarball();
  const manifest = page.has('package.json') ? page.file('package.json') : '{ "private": true, "type": "module" }';
  writeFileSync(join(folder, 'package.json'), manifest);
  for (const { command } of page.commands) {
    if (!command.startsWith('npm install ')) continue;
    const installed = versions.reduce((all, [from, to]) => all.replaceAll(from, to), command);
    const packages = installed.split(' ').map((word) => (word === 'express-metrics-json' ? tarball : word));
    await run('npm', [...packages.slice(1), '--no-audit', '--no-fund', '--prefer-offline'], folder);
  }

  // Jest's own would tell a framework that it is under test.
  const environment = { ...process.env, NODE_ENV: undefined, ...env };
  const pathOf = (program: string) =>
    program === 'node' ? process.execPath : join(folder, 'node_modules/.bin', program);
  return {
    folder,
    write(file, ...replacements) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), page.file(file, ...replacements));
    },
    run: (program, ...args) => run(pathOf(program), args, folder, environment),
    start: (program, ...args) => launch(pathOf(program), args, folder, environment),
  };
}

export function launch(program: string, args: readonly string[], cwd: string, env = process.env): Running {
  // In a group of its own, so that those end too that it has started.
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      log += text;
    });
  }
  async function stop() {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    process.kill(-child.pid, 'SIGKILL');
    await ended;
  }
  stops.push(stop);
  return { log: () => log, stop };
}

/** Repeats an assertion until it holds, for half a minute. */
export async function eventually(assertion: () => Promise<void>, log = () => ''): Promise<void> {
  const end = performance.now() + 30_000;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() > end)
        throw Object.assign(error as Error, { message: `${(error as Error).message}\n${log()}` });
      await sleep(100);
    }
  }
}

/** Asks on a connection of its own, so that workers take turns. */
export async function get(port: number, path: string, headers = {}): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close', ...headers } });
  return { status: response.status, body: await response.text() };
}

/** Returns the lines that count requests by method, route and status, in the order of their first request. */
export async function requestCounts(port: number): Promise<string[]> {
  const { body } = await get(port, '/metrics');
  return body.split('\n').filter((line) => line.startsWith('http_request_duration_seconds_count'));
}

/** So many free ports in a row. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const taken = await Promise.all(Array.from({ length: count }, (_, i) => isTaken(first + i)));
    if (!taken.includes(true)) return first;
  }
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(true))
      .listen(port, () => server.close(() => resolve(false)));
  });
}
