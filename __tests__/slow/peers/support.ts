import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The programs of this suite, and the Debian packages that they come from. */
const PACKAGES = {
  caddy: 'caddy',
  collectd: 'collectd-core libmicrohttpd12 libprotobuf-c1 libyajl2',
  curl: 'curl',
  dnsdist: 'dnsdist',
  haproxy: 'haproxy',
  ip: 'iproute2',
  jq: 'jq',
  netdata: 'netdata-core',
  nft: 'nftables',
  nginx: 'nginx',
  prometheus: 'prometheus',
  'prometheus-node-exporter': 'prometheus-node-exporter',
  promtool: 'prometheus',
  python3: 'python3',
  rspamd: 'rspamd',
  'victoria-metrics': 'victoria-metrics',
  vmagent: 'victoria-metrics',
};
export type Program = keyof typeof PACKAGES;

const undo: (() => unknown)[] = [];
afterAll(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** To be done when the test file is, the last first. */
export function afterwards(step: () => unknown): void {
  undo.push(step);
}

/** A folder for one test file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'express-metrics-json-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Serves an app on loopback, and gives `127.0.0.1:port`. */
export async function listen(app: RequestListener): Promise<string> {
  const server = createServer(app).listen(0, '127.0.0.1');
  undo.push(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Runs a program to its end, whatever its exit code. */
export function run(program: Program, args: readonly string[], input = '') {
  const options = { env: environment(), timeout: 10_000, maxBuffer: 1 << 26 };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve, reject) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      // What is killed has no code, and what is missing has a word.
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else reject(explain(program, error as Error));
    });
    // A program that refuses its input need not read it to the end.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

/** A program that was started for one test file. */
export interface Running {
  hasEnded(): boolean;
  /** Its last words. */
  log(): string;
  /** Ends it, if it has not ended. */
  stop(): Promise<void>;
}

/** Starts a program that goes on until it is stopped, at the latest when the test file is done. */
export async function launch(program: Program, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Running> {
  const child = spawn(program, args, { env: { ...environment(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      log = (log + text).slice(-2000);
    });
  }
  await once(child, 'spawn').catch((error) => {
    throw explain(program, error);
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  undo.push(() => stop(child));
  return { hasEnded, log: () => log, stop: () => stop(child) };
}

/** A server that was started for one test file. */
export interface Service {
  /** Where it listens: `127.0.0.1:port`. */
  readonly address: string;
  /** The `data` of an answer of its Prometheus API. */
  query<T>(path: string, parameters?: Record<string, string>): Promise<T>;
  /** Repeats an assertion until it holds; after 30 s or this time (ms) it fails, with the server's last words. */
  eventually(assertion: () => Promise<void>, timeout?: number): Promise<void>;
}

/** Starts a server on a free port of loopback, and waits until it answers on `ready`. */
export async function startService(
  program: Program,
  ready: string,
  argumentsFor: (address: string) => readonly string[],
): Promise<Service> {
  const address = `127.0.0.1:${await freePort()}`;
  const { hasEnded, log } = await launch(program, argumentsFor(address));

  const service: Service = {
    address,
    async query(path, parameters = {}) {
      const response = await fetch(`http://${address}/api/v1/${path}?${new URLSearchParams(parameters)}`);
      const { status, data, error } = (await response.json()) as { status: string; data: never; error?: string };
      if (status !== 'success') throw new Error(`${program}: ${path}: ${error}`);
      return data;
    },
    async eventually(assertion, timeout = 30_000) {
      const end = performance.now() + timeout;
      for (;;) {
        try {
          return await assertion();
        } catch (error) {
          if (!hasEnded() && performance.now() < end) await sleep(100);
          else
            throw Object.assign(error as Error, {
              message: `${(error as Error).message}\n\n${program} said:\n${log()}`,
            });
        }
      }
    },
  };
  await service.eventually(async () => {
    expect((await fetch(`http://${address}${ready}`)).status).toBe(200);
  });
  return service;
}

/** Starts a Prometheus with this configuration, whose files are in the folder. */
export function startPrometheus(folder: string, configuration: object, ...args: string[]): Promise<Service> {
  const config = join(folder, 'prometheus.yml');
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(configuration));
  return startService('prometheus', '/-/ready', (address) => [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
    '--log.level=warn',
    ...args,
  ]);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), 5000);
  await exited;
  clearTimeout(patience);
}

/** A port that is free on every address. None of these servers says which port it got when it is told to take any. */
export async function freePort(): Promise<number> {
  // On all addresses: a port that is free on 127.0.0.1 may be taken on ::1, by a proxy of an earlier test.
  const server = createTcpServer().listen(0, '::');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Nothing of the user's: no proxy, no `.curlrc`, no `.jq`. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: '/nonexistent', LC_ALL: 'C.UTF-8' };
}

function explain(program: Program, error: Error): Error {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return error;
  return new Error(`${program} is missing; on Debian: apt-get install --no-install-recommends ${PACKAGES[program]}`);
}
