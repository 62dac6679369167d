import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type HttpResponse, requestPath, until } from './clients.ts';

export interface ClusterSettings {
  readonly workers?: number;
  readonly threads?: number;
  /** Does the primary process, or main thread, have metrics and serve them too? */
  readonly isPrimaryServing?: boolean;
  /** When it calls setupPrimary(). */
  readonly primary?: 'first' | 'late' | 'none';
  readonly serialization?: 'json' | 'advanced';
  /** ms */
  readonly timeout?: number;
}

/** A process or thread of the service. */
export interface ProcessAddress {
  readonly name: string;
  readonly pid: number;
  /** Its own port, */
  readonly own: number;
  /** and the one that all workers share. */
  readonly shared: number;
}

/** What the test has the service do. */
export type Command = 'setup' | 'reopen' | 'fork' | 'thread' | { readonly broadcast: string | object };

/** What the test hears of it. */
export type Message =
  | { readonly started: ProcessAddress }
  | { readonly echo: unknown }
  | { readonly exited: number }
  | 'terminate me';

export interface ServiceProcess extends ProcessAddress {
  get(path: string): Promise<HttpResponse>;
  /** Moves its metrics. */
  move(what: string, argument: string | number): Promise<void>;
  /** What its `/metrics.json`, or another document, says: the value of each family. */
  values(path?: string): Promise<Record<string, unknown>>;
  /** What its onError was told. */
  errors(): Promise<string[]>;
}

const APP = join(__dirname, 'cluster-app.ts');
const LOADER = join(__dirname, 'ts-loader.mjs');

const children = new Set<ChildProcess>();
const suspended = new Set<number>();

afterAll(async () => {
  for (const pid of suspended) process.kill(pid, 'SIGCONT');
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.disconnect();
    await once(child, 'exit');
  }
});

/** A worker that neither answers nor ends. */
export function suspend({ pid }: ProcessAddress): void {
  process.kill(pid, 'SIGSTOP');
  suspended.add(pid);
}

export function resume({ pid }: ProcessAddress): void {
  process.kill(pid, 'SIGCONT');
  suspended.delete(pid);
}

/** Starts the service of cluster-app.ts, and ends it after the file's tests. */
export async function startCluster(settings: ClusterSettings) {
  const child = fork(APP, {
    execArgv: ['--import', LOADER],
    env: { ...process.env, NODE_ENV: 'test', CLUSTER_APP: JSON.stringify(settings) },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  children.add(child);
  const started: ServiceProcess[] = [];
  const echoes: unknown[] = [];
  const exited: number[] = [];
  let stderr = '';
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  child.on('message', (said: Exclude<Message, string>) => {
    if ('started' in said) started.push(control(said.started));
    else if ('echo' in said) echoes.push(said.echo);
    else exited.push(said.exited);
  });
  const untilStarted = (count: number) => until(() => started.length >= count || fail(child, stderr), 60_000);
  const { workers = 0, threads = 0, isPrimaryServing = false } = settings;
  let ordered = workers + threads + Number(isPrimaryServing);
  await untilStarted(ordered);
  return {
    child,
    /** In the order in which they have started. */
    started,
    echoes,
    exited,
    stderr: () => stderr,
    order: (order: Command) => child.send(order),
    /** One more. */
    async grow(kind: 'fork' | 'thread'): Promise<ServiceProcess> {
      const place = ordered++;
      child.send(kind);
      await untilStarted(place + 1);
      return started[place] as ServiceProcess;
    },
  };
}

function fail(child: ChildProcess, stderr: string): false {
  if (child.exitCode !== null) throw new Error(`it has ended: ${stderr}`);
  return false;
}

function control(where: ProcessAddress): ServiceProcess {
  const get = (path: string) => requestPath(where.own, path);
  return {
    ...where,
    get,
    async move(what, argument) {
      await get(`/move/${what}/${argument}`);
    },
    async values(path = '/metrics.json') {
      const { status, text } = await get(path);
      if (status !== 200) throw new Error(`${status}: ${text}`);
      const families = Object.entries<{ value: unknown }>(JSON.parse(text));
      return Object.fromEntries(families.map(([name, { value }]) => [name, value]));
    },
    errors: async () => JSON.parse((await get('/errors')).text),
  };
}
