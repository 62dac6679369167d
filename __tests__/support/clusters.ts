import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { bundle } from './bundle.ts';
import { type HttpResponse, requestPath, until } from './clients.ts';

export interface ClusterSettings {
  readonly workers?: number;
  readonly threads?: number;
  /** Whether the primary process, or the main thread, has metrics and serves them too. */
  readonly isPrimaryServing?: boolean;
  /** When it calls `setupPrimary()`. */
  readonly primary?: 'first' | 'late' | 'none';
  readonly serialization?: 'json' | 'advanced';
  /** Whether `requestMetrics` measures the requests of each process, but for scrapes. */
  readonly measuresRequests?: boolean;
  /** Whether it has a dashboard, whose history is sampled every 200 ms. */
  readonly hasHistory?: boolean;
  /** Timeout (ms) of the router. */
  readonly timeout?: number;
}

/** A process or thread of the service. */
export interface ProcessAddress {
  readonly name: string;
  readonly pid: number;
  /** Port of this process alone. */
  readonly own: number;
  /** Port that all workers share. */
  readonly shared: number;
}

/** Message from the test to the service. */
export type Command = 'setup' | 'reopen' | 'fork' | 'thread' | { readonly broadcast: string | object };

/** Message from the service to the test. */
export type Message =
  | { readonly started: ProcessAddress }
  | { readonly echo: unknown }
  | { readonly exited: number }
  | 'terminate me';

export interface ServiceProcess extends ProcessAddress {
  get(path: string): Promise<HttpResponse>;
  /** Changes its metrics. */
  move(what: string, argument: string | number): Promise<void>;
  /** Returns the value of each family in its `/metrics.json` or another document. */
  values(path?: string): Promise<Record<string, unknown>>;
  /** Returns the errors passed to its `onError`. */
  errors(): Promise<string[]>;
}

let app: string | undefined;
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

/** Stops a process with SIGSTOP, so that it neither answers nor ends. */
export function suspend({ pid }: ProcessAddress): void {
  process.kill(pid, 'SIGSTOP');
  suspended.add(pid);
}

export function resume({ pid }: ProcessAddress): void {
  process.kill(pid, 'SIGCONT');
  suspended.delete(pid);
}

/** Starts the service of cluster-app.ts, and stops it after the tests of the file. */
export async function startCluster(settings: ClusterSettings) {
  app ??= bundle(__dirname, 'cluster-app');
  const child = fork(app, {
    execArgv: [],
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
