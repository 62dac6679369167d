import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { ListenOptions, Server } from 'node:net';
import { join } from 'node:path';
import type { MetricsRouterOptions } from '../../../../lib/index.ts';
import type { Listener } from '../../../support/raw-http.ts';
import { afterwards, run, temporaryFolder } from '../support.ts';

/** A network namespace, in which proxies can run. */
export interface Namespace {
  readonly name: string;
  canConnect(host: string, port: number): Promise<boolean>;
}

export interface Addresses {
  readonly v4: string;
  readonly v6: string;
  /** Of a machine's one interface, which is called eth0 everywhere. */
  readonly linkLocal: string;
}

/** Those of the machine with this number, of the ranges for documentation. */
export function addressesOf(number: number): Addresses {
  const digits = number.toString(16);
  return { v4: `198.51.100.${number}`, v6: `2001:db8::${digits}`, linkLocal: `fe80::${digits}` };
}

/** A machine on the network. */
export interface Machine extends Namespace, Addresses {
  /** A socket that listens in there, for a server out here. */
  listen(on: ListenOptions): Promise<Server>;
  /** Serves in there, and gives the port. */
  serve(on: ListenOptions, options: Partial<MetricsRouterOptions>): Promise<number>;
  /** What it has come to when it connects there: bytes that are sent to this arrive from its address. */
  to(host: string, port: number): Promise<Listener>;
}

const PREFIX = 'express-metrics-json';
const nameOf = (machine: string) => `${PREFIX}-${process.pid}-${machine}`;

/** What `ip` says when this machine does not let us have a network namespace. */
export function whyNoNamespaces(): string | undefined {
  const name = nameOf('attempt');
  const { error, status, stderr } = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (status !== 0) return `ip netns add: ${error?.message ?? stderr}`.trim();
  spawnSync('ip', ['netns', 'del', name]);
  return undefined;
}

/**
 * Machines on a bridge of their own, each a network namespace; the bridge's is a machine too. Nothing is added to the network that the
 * test itself is in. They go with the test file.
 *
 * @param numbers the last part of each machine's addresses
 */
export async function createNetwork<Name extends string>(
  numbers: Readonly<Record<Name, number>>,
): Promise<Readonly<Record<Name | 'bridge', Machine>>> {
  await removeNamespaces(isLeftOver);
  // The first to be done is the last to be undone: what runs in there has ended by then.
  afterwards(() => removeNamespaces((pid) => pid === process.pid));
  const machines = Object.entries<number>({ bridge: 1, ...numbers });
  await ip(
    [],
    machines.map(([machine]) => `netns add ${nameOf(machine)}`),
  );
  await ip(
    ['-n', nameOf('bridge')],
    [
      'link add eth0 type bridge mcast_snooping 0',
      ...machines.slice(1).flatMap(([machine, number]) => plug(machine, number)),
    ],
  );
  return Object.fromEntries(
    await Promise.all(machines.map(async ([machine, number]) => [machine, await boot(machine, number)])),
  );
}

/** A cable from the machine to the bridge. */
function plug(machine: string, number: number): string[] {
  return [
    `link add port${number} type veth peer name eth0 netns ${nameOf(machine)}`,
    `link set port${number} up master eth0`,
  ];
}

async function boot(machine: string, number: number): Promise<Machine> {
  const name = nameOf(machine);
  const addresses = addressesOf(number);
  await ip(
    ['-n', name],
    [
      'link set lo up',
      'link set eth0 up addrgenmode none',
      `addr add ${addresses.v4}/24 dev eth0`,
      // Nobody else can have these: there is no need to look for them for seconds.
      `addr add ${addresses.v6}/64 dev eth0 nodad`,
      `addr add ${addresses.linkLocal}/64 dev eth0 nodad`,
    ],
  );
  const order = enter(name);
  const folder = temporaryFolder();
  const relays = new Map<string, Promise<Listener>>();
  return {
    name,
    ...addresses,
    listen: (on) => order<Server>('listen', on),
    serve: (on, options) => order<number>('serve', { on, options }),
    canConnect: (host, port) => order<boolean>('canConnect', { host, port }),
    to(host, port) {
      const place = `${host} ${port}`;
      const path = join(folder, `${relays.size}`);
      const relay =
        relays.get(place) ?? order('relay', { path, to: { host, port } }).then(() => ({ address: () => path }));
      relays.set(place, relay);
      return relay;
    },
  };
}

/** Starts inside.mjs in a namespace, and gives what has it do something. */
function enter(name: string) {
  const args = ['netns', 'exec', name, process.execPath, join(__dirname, 'inside.mjs')];
  const env = { ...process.env, NODE_NO_WARNINGS: '1' };
  const child = spawn('ip', args, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  afterwards(() => leave(child));
  const waiting: { resolve: (answer: never) => void; reject: (error: Error) => void }[] = [];
  child.on('message', ({ id, said }: { id: number; said: unknown }, handle) => {
    waiting[id]?.resolve((handle ?? said) as never);
  });
  child.on('exit', () => {
    for (const { reject } of waiting) reject(new Error(`${name}: it has ended`));
  });
  return <T>(order: string, options: object) =>
    new Promise<T>((resolve, reject) => {
      child.send({ id: waiting.push({ resolve, reject }) - 1, order, options });
    });
}

async function leave(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.disconnect();
  await once(child, 'exit');
}

async function ip(args: readonly string[], lines: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run('ip', [...args, '-batch', '-'], `${lines.join('\n')}\n`);
  if (code !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Of test files that were killed before they could tidy up. */
function isLeftOver(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

async function removeNamespaces(isOurs: (pid: number) => boolean): Promise<void> {
  const names = (await ip([], ['netns list'])).match(/^\S+/gm) ?? [];
  for (const name of names.filter((name) => isOurs(Number(new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1])))) {
    const pids = (await ip([], [`netns pids ${name}`])).match(/\d+/g) ?? [];
    for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
    await ip([], [`netns del ${name}`]);
  }
}
