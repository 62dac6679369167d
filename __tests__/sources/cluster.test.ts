import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import type { MetricsSource } from '../../lib/index.ts';
import { type ClusterSourceOptions, clusterSource, setupPrimary } from '../../lib/sources/cluster.ts';
import { requestPath, sleep, until } from '../support/clients.ts';
import { resume, type ServiceProcess, startCluster, suspend } from '../support/clusters.ts';
import { collectAll } from '../support/collect.ts';
import { family, sample } from '../support/encode.ts';
import { parseText } from '../support/parse-text.ts';
import { linesOf, load } from '../support/prom-clients.ts';

jest.setTimeout(120_000);

type Cluster = Awaited<ReturnType<typeof startCluster>>;

const all = (count: number) => ({ state: { expected: count, responded: count } });

/** Each does as many jobs as its place in the list, and so on. */
async function moveAll(started: readonly ServiceProcess[], kind: string): Promise<void> {
  for (const [i, worker] of started.entries()) {
    for (let jobs = 0; jobs <= i; jobs++) await worker.move('job', kind);
    await worker.move('latency', i);
    await worker.move('depth', 10 * (i + 1));
  }
}

const jobsOf = async (worker: ServiceProcess, kind: string) => {
  const { jobs_total, cluster_workers } = await worker.values();
  return { jobs: (jobs_total as { kind: Record<string, number> }).kind[kind], workers: cluster_workers };
};

describe('of three workers', () => {
  let service: Cluster;
  let workers: [ServiceProcess, ServiceProcess, ServiceProcess];
  beforeAll(async () => {
    service = await startCluster({ workers: 3, timeout: 4000 });
    workers = service.started as never;
  });

  test('any answers for all', async () => {
    await moveAll(workers, 'mail');
    const expected = {
      jobs_total: { kind: { mail: 6 } },
      latency_seconds: {
        count: 3,
        sum: 3,
        avg: 1,
        bucket: [
          [0.1, 1],
          [1, 2],
        ],
      },
      depth_sum: { queue: { a: 60 } },
      depth_min: { queue: { a: 10 } },
      depth_max: { queue: { a: 30 } },
      depth_average: { queue: { a: 20 } },
      cluster_workers: all(3),
    };
    for (const worker of workers) expect(await worker.values()).toMatchObject(expected);
    for (const worker of workers) {
      const { text, status } = await requestPath(worker.shared, '/metrics');
      expect(status).toBe(200);
      expect(text).toContain('jobs_total{kind="mail"} 6\n');
      expect(text).not.toContain('depth_omit');
    }
    await workers[0].move('job', 'print');
    expect(await workers[1].values()).toMatchObject({ jobs_total: { kind: { mail: 6, print: 1 } } });
  });

  test('any answers in all formats, with all filters', async () => {
    const [first] = workers;
    const some = await first.values('/metrics.json?name[]=jobs_total&name[]=cluster_workers');
    expect(Object.keys(some)).toEqual(['jobs_total', 'cluster_workers']);
    expect(Object.keys(await first.values('/metrics.json?exclude[]=cluster_workers'))).not.toContain('cluster_workers');
    const { text } = await first.get('/metrics?prefix=app_&name[]=jobs_total');
    expect(text).toContain('app_jobs_total{kind="mail"} 6\n');
    const openMetrics = await requestPath(first.own, '/metrics', {
      headers: { accept: 'application/openmetrics-text' },
    });
    expect(parseText(openMetrics.text, 'openmetrics').map(({ name }) => name)).toContain('cluster_workers');
  });

  test("any says the same as prom-client's AggregatorRegistry", async () => {
    const registries = await Promise.all(workers.map(async (worker) => JSON.parse((await worker.get('/peer')).text)));
    const { AggregatorRegistry } = load('prom-client');
    const peer = linesOf(await AggregatorRegistry.aggregate(registries).metrics());
    const ours = linesOf((await workers[0].get('/metrics?exclude[]=cluster_workers')).text);
    // It adds up quantiles, which means nothing; and which worker is the first, is nobody's choice.
    const comparable = (lines: string[]) => lines.filter((line) => !/quantile=|^depth_first/.test(line));
    expect(comparable(ours)).toEqual(comparable(peer));
    expect(ours).toContainEqual(expect.stringMatching(/^depth_first\{queue="a"\} [123]0$/));
  });

  test('each has its own series, where they have its label', async () => {
    const series = workers.map(({ name }, i) => ({ kind: 'mail', worker: name, '@': i + 1 }));
    const depths = workers.map(({ name }, i) => ({ queue: 'a', worker: name, '@': 10 * (i + 1) }));
    expect(await workers[1].values('/each.json')).toMatchObject({
      jobs_total: expect.arrayContaining(series),
      depth_omit: expect.arrayContaining(depths),
      latency_seconds: { worker: Object.fromEntries(workers.map(({ name }) => [name, expect.anything()])) },
      cluster_workers: all(3),
    });
  });

  test("one loses a family: that is told of where it is scraped, and the family is the others' alone", async () => {
    const [first, second] = workers;
    expect(await first.values()).toMatchObject({ fragile: 3 });
    await second.move('fail', 'true');
    expect(await first.values()).toMatchObject({ fragile: 2, cluster_workers: all(3) });
    await second.move('fail', 'false');
    expect(await first.errors()).toEqual([`fragile: MetricsError: worker ${second.name}: cannot be read`]);
    expect(await second.errors()).toEqual([]);
  });

  test('none loses a message of its app', async () => {
    const tell = { kind: 'request', part: { values: 'x' }, type: 'mine' };
    const mine = () => service.echoes.filter((echo) => (echo as typeof tell).type === 'mine');
    service.order({ broadcast: tell });
    await until(() => mine().length >= 3);
    expect(mine()).toEqual(Array(3).fill(tell));
  });

  test('one is stopped: the scrape does not fail, and has it again when it goes on', async () => {
    const [first, second, third] = workers;
    await moveAll(workers, 'stop');
    expect(await first.values()).toMatchObject({ jobs_total: { kind: { stop: 6 } }, depth_sum: { queue: { a: 60 } } });
    suspend(third);
    for (const worker of [first, second, first]) {
      expect(await worker.values()).toMatchObject({
        jobs_total: { kind: { stop: 6 } },
        depth_sum: { queue: { a: 30 } },
        depth_average: { queue: { a: 15 } },
        cluster_workers: { state: { expected: 3, responded: 2 } },
      });
    }
    resume(third);
    await until(async () => isDeepStrictEqual((await first.values()).cluster_workers, all(3)));
    for (const worker of workers) expect(await worker.values()).toMatchObject({ depth_sum: { queue: { a: 60 } } });
  });

  test('one disconnects and ends: what it has counted goes on to count', async () => {
    const [first, , third] = workers;
    await moveAll(workers, 'leave');
    expect(await jobsOf(first, 'leave')).toEqual({ jobs: 6, workers: all(3) });
    await third.get('/end');
    await until(() => service.exited.length === 1);
    expect(await jobsOf(first, 'leave')).toEqual({ jobs: 6, workers: all(2) });
  });

  test('some are killed: what they have counted goes on to count, and new ones add to it', async () => {
    const [first] = workers;
    let [, victim] = workers as ServiceProcess[] as [ServiceProcess, ServiceProcess];
    await victim.move('job', 'kill');
    expect(await jobsOf(first, 'kill')).toEqual({ jobs: 1, workers: all(2) });
    for (let kills = 1; kills <= 5; kills++) {
      process.kill(victim.pid, 'SIGKILL');
      await until(() => service.exited.length === 1 + kills);
      expect(await jobsOf(first, 'kill')).toEqual({ jobs: kills, workers: all(1) });
      victim = await service.grow('fork');
      await victim.move('job', 'kill');
      expect(await jobsOf(first, 'kill')).toEqual({ jobs: kills + 1, workers: all(2) });
      expect(await jobsOf(victim, 'kill')).toEqual({ jobs: kills + 1, workers: all(2) });
    }
    expect(service.stderr()).toBe('');
  });
});

test('a primary that calls setupPrimary() after it has forked serves all the same, over a channel that speaks JSON', async () => {
  const service = await startCluster({ workers: 2, primary: 'late', serialization: 'json' });
  const [first, second] = service.started as [ServiceProcess, ServiceProcess];
  await moveAll(service.started, 'mail');
  const asked = jobsOf(first, 'mail');
  // It reads that it may join long after the first one has joined and could have answered alone.
  suspend(second);
  service.order('setup');
  await sleep(500);
  resume(second);
  expect(await asked).toEqual({ jobs: 3, workers: all(2) });
  await second.move('job', 'mail');
  await second.move('depth', 0.1);
  expect(await second.values()).toMatchObject({ jobs_total: { kind: { mail: 4 } }, depth_sum: { queue: { a: 10.1 } } });
  expect((await second.get('/each')).text).toContain(`depth_omit{queue="a",worker="${second.name}"} 0.1\n`);
});

test.each([
  ['workers', { workers: 2 }],
  ['threads', { threads: 2 }],
])(
  'a primary that is closed and opened again while its %s are scraped mixes up no numbers',
  async (_what, settings) => {
    const service = await startCluster({ ...settings, timeout: 4000 });
    await moveAll(service.started, 'mail');
    const [first, second] = service.started as [ServiceProcess, ServiceProcess];
    // A series that the first one does not have: an answer without the second one has other values.
    await second.move('job', 'print');
    const wanted = { jobs_total: { kind: { mail: 3, print: 1 } }, depth_sum: { queue: { a: 30 } } };
    const scrape = async (worker: ServiceProcess) => {
      const values = await worker.values();
      // On a busy machine, the second one may be too late for a coordinator that was just opened.
      if (isDeepStrictEqual(values.cluster_workers, all(2))) expect(values).toMatchObject(wanted);
    };
    await second.move('delay', 300);
    for (let times = 0; times < 3; times++) {
      const scrapes = [first, second, first].map(scrape);
      // The second one collects by then: the primary is opened again before its answer.
      await sleep(100);
      service.order('reopen');
      await Promise.all(scrapes);
    }
    await second.move('delay', 0);
    // A coordinator that hears nothing any more gives up after half of the timeout: this is longer.
    const over = performance.now() + 2500;
    while (performance.now() < over) await Promise.all(service.started.map(scrape));
    for (const worker of service.started) {
      await until(async () => isDeepStrictEqual((await worker.values()).cluster_workers, all(2)));
      expect(await worker.values()).toMatchObject({ ...wanted, cluster_workers: all(2) });
    }
    expect(service.stderr()).toBe('');
  },
);

test('a primary that has not called setupPrimary() is told of in time, where the worker and where it is scraped itself', async () => {
  const { started } = await startCluster({ workers: 1, primary: 'none', isPrimaryServing: true, timeout: 400 });
  for (const process of started) {
    expect((await process.get('/metrics')).status).toBe(500);
    expect(await process.errors()).toEqual([
      expect.stringMatching(/^scrape: MetricsError: no primary answers: call setupPrimary\(\) .* PM2/),
    ]);
  }
});

describe('of a main thread and its worker threads', () => {
  let service: Cluster;
  let main: ServiceProcess;
  let threads: [ServiceProcess, ServiceProcess];
  beforeAll(async () => {
    service = await startCluster({ threads: 2, isPrimaryServing: true });
    main = service.started.find(({ name }) => name === 'primary') as ServiceProcess;
    threads = service.started.filter((one) => one !== main) as never;
  });

  test('any answers for all', async () => {
    await moveAll(service.started, 'mail');
    for (const thread of service.started) expect(await jobsOf(thread, 'mail')).toEqual({ jobs: 6, workers: all(3) });
    const names = service.started.map(({ name }) => name).sort();
    expect(names).toEqual(['primary', expect.stringMatching(/^thread-\d+$/), expect.stringMatching(/^thread-\d+$/)]);
    const { latency_seconds } = await main.values('/each.json');
    expect(Object.keys((latency_seconds as { worker: object }).worker).sort()).toEqual(names);
  });

  test('none finds a message of ours among those of its app', async () => {
    service.order({ broadcast: 'hello' });
    await until(() => service.echoes.length >= 2);
    expect(service.echoes).toEqual(['hello', 'hello']);
  });

  test.each([
    ['is terminated', () => threads[0].get('/terminate'), 2],
    ['ends by itself', () => threads[1].get('/end'), 1],
  ])('one %s: what it has counted goes on to count', async (_how, end, left) => {
    await end().catch(() => undefined);
    await until(async () => isDeepStrictEqual((await main.values()).cluster_workers, all(left)));
    expect(await jobsOf(main, 'mail')).toEqual({ jobs: 6, workers: all(left) });
  });

  test('another one adds to it', async () => {
    const thread = await service.grow('thread');
    await thread.move('job', 'mail');
    expect(await jobsOf(thread, 'mail')).toEqual({ jobs: 7, workers: all(2) });
  });
});

const folder = mkdtempSync(join(tmpdir(), 'express-metrics-json-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the same program in a process and in the threads and workers that it starts there; gives what they print. */
async function run(program: string): Promise<string[]> {
  const file = join(mkdtempSync(join(folder, 'program-')), 'main.mjs');
  writeFileSync(file, `${PRELUDE}${program}`);
  const loader = join(__dirname, '../support/ts-loader.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', loader, file]);
  return stdout.split('\n').filter((line) => line !== '');
}

/** What the programs have in common. */
const PRELUDE = `
  import cluster from 'node:cluster';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { isMainThread, parentPort, Worker } from 'node:worker_threads';
  import { clusterSource, setupPrimary } from 'express-metrics-json/cluster';
  const startThread = () => new Worker(new URL(import.meta.url));
  const up = (value) => ({ collect: () => [{ name: 'up', type: 'gauge', samples: [{ labels: {}, value }] }] });
  /** The values of a source: that of up, and how many workers there are. */
  async function valuesOf(source) {
    const scrape = { signal: new AbortController().signal, timeout: 60_000, wants: () => true, report: () => {} };
    const values = [];
    for await (const { samples } of source.collect(scrape)) values.push([...samples][0].value);
    return values.join();
  }
`;

test('nothing of this keeps a process or a thread alive that has nothing else to do', async () => {
  const printed = await run(`
    if (isMainThread) setupPrimary();
    clusterSource({ collect: () => [] });
    if (isMainThread) startThread();
    process.on('exit', () => console.log(isMainThread ? 'main' : 'thread'));`);
  expect(printed.sort()).toEqual(['main', 'thread']);
});

test('a thread that ends while its scrape is under way ends nothing else', async () => {
  const printed = await run(`
    if (isMainThread) {
      setupPrimary();
      let asked;
      const hasAsked = new Promise((resolve) => (asked = resolve));
      clusterSource({ collect: async () => (asked(), await sleep(200), []) });
      const worker = startThread();
      await hasAsked;
      await worker.terminate();
      await sleep(400);
      console.log('main lives');
    } else await valuesOf(clusterSource({ collect: () => [] }));`);
  expect(printed).toEqual(['main lives']);
});

test('a thread without a coordinator answers for itself, in any number of apps, until its main thread opens one', async () => {
  const printed = await run(`
    if (isMainThread) {
      const thread = startThread();
      thread.once('message', () => {
        clusterSource(up(4));
        setupPrimary();
      });
    } else {
      const [first, second] = [clusterSource(up(1)), clusterSource(up(2))];
      console.log(await valuesOf(first), await valuesOf(second), await valuesOf(first));
      parentPort.postMessage('open');
      let values;
      do values = await valuesOf(second); while (values === '2,1');
      console.log(values);
      try {
        clusterSource(up(3));
      } catch (error) {
        console.log(error.message);
      }
    }`);
  expect(printed).toEqual(['1,1 2,1 1,1', '6,2', expect.stringMatching(/^clusterSource: source: expected the source/)]);
});

test('a thread answers for all beside a coordinator, and for itself when it is started after the coordinator was closed', async () => {
  const printed = await run(`
    if (isMainThread) {
      const coordinator = setupPrimary();
      clusterSource(up(4));
      startThread().once('message', () => {
        coordinator.close();
        startThread();
      });
    } else {
      console.log(await valuesOf(clusterSource(up(1))));
      parentPort.postMessage('done');
    }`);
  expect(printed).toEqual(['5,2', '1,1']);
});

test('a main thread that is closed and opened again waits for a thread that is blocked meanwhile', async () => {
  const printed = await run(`
    if (isMainThread) {
      const coordinator = setupPrimary();
      const source = clusterSource(up(4));
      const thread = startThread();
      thread.once('message', async () => {
        coordinator.close();
        setupPrimary();
        console.log(await valuesOf(source));
        thread.postMessage('end');
      });
    } else {
      console.log(await valuesOf(clusterSource(up(1))));
      parentPort.once('message', () => {});
      parentPort.postMessage('blocked');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    }`);
  expect(printed).toEqual(['5,2', '5,2']);
});

test("a thread of a cluster's worker process fails at once, and says why", async () => {
  const printed = await run(`
    if (!isMainThread) {
      const sources = [clusterSource(up(1)), clusterSource(up(2))];
      for (const source of sources) await valuesOf(source).catch(({ code, message }) => console.log(code, message));
    } else if (cluster.isPrimary) {
      setupPrimary();
      cluster.fork();
    } else {
      console.log(await valuesOf(clusterSource(up(3))));
      startThread().once('exit', () => process.disconnect());
    }`);
  const why = "ERR_METRICS_NO_PRIMARY a thread of a cluster's worker process cannot join; scrape the process itself";
  expect(printed).toEqual(['3,1', why, why]);
});

describe('two copies of the package in one process', () => {
  type Cluster = typeof import('../../lib/sources/cluster.ts');
  const load = (): Cluster => {
    let copy: Cluster | undefined;
    jest.isolateModules(() => {
      copy = require('../../lib/sources/cluster.ts');
    });
    return copy as Cluster;
  };
  const up = (value: number): MetricsSource => ({ collect: () => [family({ name: 'up', samples: [sample(value)] })] });
  const valuesOf = async (source: MetricsSource) =>
    (await collectAll(source)).families.map(({ samples }) => samples[0]?.value);

  test('are one: each process is counted once, whichever copy is asked', async () => {
    const [first, second] = [load(), load()];
    expect(first.clusterSource).not.toBe(second.clusterSource);
    const source = up(1);
    const coordinator = first.setupPrimary();
    try {
      expect(second.setupPrimary().close).toBe(coordinator.close);
      for (const { clusterSource } of [first, second]) expect(await valuesOf(clusterSource(source))).toEqual([1, 1]);
      expect(() => second.clusterSource(up(2))).toThrow(/^clusterSource: source: expected the source object of/);
    } finally {
      coordinator.close();
    }
  });

  test('of two versions that cannot be merged fail where the second one is used', () => {
    const key = Symbol.for('express-metrics-json:cluster');
    const shared = globalThis as { [key]?: object };
    const { [key]: known } = shared;
    const { clusterSource, setupPrimary } = load();
    try {
      shared[key] = { protocol: 0 };
      const message = /: expected one version of express-metrics-json in this process, got two; install one/;
      expect(() => clusterSource(up(1))).toThrow(message);
      expect(() => setupPrimary()).toThrow(message);
    } finally {
      if (known === undefined) delete shared[key];
      else shared[key] = known;
    }
  });
});

describe('a process without workers', () => {
  const source = (value: number): MetricsSource => ({
    collect: () => [family({ name: 'up', labelNames: [], samples: [sample(value)] })],
  });
  const said = (value: number, count = 1) => [
    { name: 'up', samples: [{ labels: {}, value }] },
    {
      name: 'cluster_workers',
      samples: [
        { labels: { state: 'expected' }, value: count },
        { labels: { state: 'responded' }, value: count },
      ],
    },
  ];

  test('is its whole cluster, and as many as it likes', async () => {
    const [first, second] = [clusterSource(source(1)), clusterSource(source(2))];
    for (let times = 0; times < 2; times++) {
      expect((await collectAll(first)).families).toMatchObject(said(1));
      expect((await collectAll(second)).families).toMatchObject(said(2));
    }
  });

  test('is it also as a primary, with one source', async () => {
    const one = source(3);
    const before = clusterSource(one);
    const primary = setupPrimary();
    try {
      expect(setupPrimary()).toEqual(primary);
      expect((await collectAll(before)).families).toMatchObject(said(3));
      expect((await collectAll(clusterSource(one, { workerLabel: 'worker' }))).families).toMatchObject([
        { name: 'up', labelNames: ['worker'], samples: [{ labels: { worker: 'primary' }, value: 3 }] },
        {},
      ]);
      expect(() => clusterSource(source(4))).toThrow(
        /^clusterSource: source: expected the source object .+, got another one; write/,
      );
    } finally {
      primary.close();
      primary.close();
    }
    expect((await collectAll(clusterSource(source(5)))).families).toMatchObject(said(5));
  });

  test('fails a scrape when its source does, with its own error', async () => {
    const error = new Error('cannot be read');
    const reports: unknown[] = [];
    const failing = collectAll(clusterSource({ collect: () => Promise.reject(error) }), {
      report: (error) => reports.push(error),
    });
    await expect(failing).rejects.toMatchObject({
      code: 'ERR_METRICS_WORKER_FAILED',
      message: 'worker primary: cannot be read',
    });
    await expect(failing).rejects.toHaveProperty('cause', error);
    expect(reports).toEqual([]);
  });

  test('reports what it loses, with the error that was thrown', async () => {
    const error = Object.assign(new Error('cannot be read'), { detail: () => 'cannot be cloned' });
    const losing = clusterSource({
      collect({ report }) {
        report(error, 'down');
        return source(1).collect({} as never);
      },
    });
    const reports: unknown[] = [];
    const { families } = await collectAll(losing, { report: (...report) => reports.push(report) });
    expect(families).toMatchObject(said(1));
    expect(reports).toMatchObject([[{ code: 'ERR_METRICS_WORKER_FAILED', cause: error }, 'down']]);
  });

  test('does not wait for a source that hangs', async () => {
    const hanging = clusterSource({ collect: () => new Promise(() => {}) }, { timeout: 20 });
    await expect(collectAll(hanging)).rejects.toThrow(/^worker primary: its source did not answer within 18 ms$/);
    const reason = new Error('the client went away');
    await expect(collectAll(hanging, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('leaves what the query does not want out', async () => {
    const { families } = await collectAll(clusterSource(source(1)), { wants: (name) => name !== 'up' });
    expect(families).toMatchObject([{ name: 'cluster_workers' }]);
  });
});

test.each<[string, unknown, unknown, RegExp]>([
  ['no source', undefined, {}, /^clusterSource: source: expected a source: .+, got undefined; write/],
  ['a registry', {}, {}, /^clusterSource: source: expected a source: .+, got \{\}; write/],
  [
    'an unknown option',
    { collect() {} },
    { workerlabel: 'x' },
    /^clusterSource: options: expected .+, got "workerlabel"; did you mean "workerLabel"\?$/,
  ],
  [
    'a timeout that is no time',
    { collect() {} },
    { timeout: 0 },
    /^clusterSource: timeout: expected milliseconds.+, got 0; write/,
  ],
  [
    'a label that is no name',
    { collect() {} },
    { workerLabel: 'a-b' },
    /^clusterSource: workerLabel: expected a label name.+, got "a-b"; write "worker"/,
  ],
  [
    'a label of the format',
    { collect() {} },
    { workerLabel: 'le' },
    /^clusterSource: workerLabel: expected a label name.+, got "le"; write "worker"/,
  ],
  [
    'a label of Prometheus',
    { collect() {} },
    { workerLabel: '__name__' },
    /^clusterSource: workerLabel: expected a label name.+, got "__name__"; write/,
  ],
])('%s is refused with a TypeError that says what to pass', (_what, source, options, message) => {
  const make = () => clusterSource(source as MetricsSource, options as ClusterSourceOptions);
  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});
