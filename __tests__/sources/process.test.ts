import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import v8, { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import express from 'express';
import type { HistogramValue } from '../../lib/index.ts';
import { metricsRouter } from '../../lib/index.ts';
import { processMetrics } from '../../lib/sources/process.ts';
import { portOf, requestPath, sleep } from '../support/clients.ts';
import { collectAll } from '../support/collect.ts';
import { seriesOf } from '../support/registries.ts';
import { closeServers } from '../support/serve.ts';

afterEach(closeServers);
afterEach(() => jest.restoreAllMocks());

const hasFiles = existsSync('/proc/self/fd');
const OF_PROCESS = [
  'process_cpu_user_seconds_total',
  'process_cpu_system_seconds_total',
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
  'process_start_time_seconds',
  ...(hasFiles ? ['process_open_fds', 'process_max_fds'] : []),
];
const OF_THREAD = [
  'nodejs_heap_size_total_bytes',
  'nodejs_heap_size_used_bytes',
  'nodejs_external_memory_bytes',
  'nodejs_eventloop_utilization',
  'nodejs_version_info',
];
const LIMIT = 'process_memory_limit_bytes';

const withoutLimit = (names: string[]) => names.filter((name) => name !== LIMIT);

async function numberOf(name: string, source = processMetrics()): Promise<number> {
  return (await seriesOf(source))[name] as number;
}

function busyFor(ms: number): void {
  const start = performance.now();
  while (performance.now() - start < ms);
}

test('has a family with a help text and one series for each thing that can be read at a scrape', async () => {
  const { families, reports } = await collectAll(processMetrics());
  expect(reports).toEqual([]);
  expect(withoutLimit(families.map(({ name }) => name))).toEqual([...OF_PROCESS, ...OF_THREAD]);
  expect(families.filter(({ help, samples }) => !help || samples.length !== 1)).toEqual([]);
});

test('reads only the families that a scrape wants', async () => {
  const rss = jest.spyOn(process.memoryUsage, 'rss');
  const wants = (name: string) => name === 'nodejs_version_info';
  expect((await collectAll(processMetrics(), { wants })).families.map(({ name }) => name)).toEqual([
    'nodejs_version_info',
  ]);
  expect(rss).not.toHaveBeenCalled();
});

test('reads CPU and heap once per scrape, although several families are computed from them', async () => {
  const cpu = jest.spyOn(process, 'cpuUsage');
  const heap = jest.spyOn(v8, 'getHeapStatistics');
  const source = processMetrics();
  for (const scrapes of [1, 2]) {
    await collectAll(source);
    expect(cpu).toHaveBeenCalledTimes(scrapes);
    expect(heap).toHaveBeenCalledTimes(scrapes);
  }
});

test('counts the CPU time since the process started, in every source', async () => {
  const source = processMetrics();
  const first = await numberOf('process_cpu_user_seconds_total', source);
  busyFor(50);
  const { user } = process.cpuUsage();
  const second = await numberOf('process_cpu_user_seconds_total', source);
  expect(first).toBeGreaterThan(0);
  expect(second).toBeGreaterThan(first);
  expect(second).toBeGreaterThanOrEqual(user / 1e6);
  expect(await numberOf('process_cpu_user_seconds_total')).toBeGreaterThanOrEqual(second);
});

test('adds user and system time up', async () => {
  jest.spyOn(process, 'cpuUsage').mockReturnValue({ user: 1_250_000, system: 250_000 });
  expect(await seriesOf(processMetrics())).toMatchObject({
    process_cpu_user_seconds_total: 1.25,
    process_cpu_system_seconds_total: 0.25,
    process_cpu_seconds_total: 1.5,
  });
});

test('never lets a counter of CPU time fall', async () => {
  const usage = jest.spyOn(process, 'cpuUsage').mockReturnValue({ user: 2_000_000, system: 0 });
  const source = processMetrics();
  await seriesOf(source);
  usage.mockReturnValue({ user: 1_000_000, system: 0 });
  expect(await numberOf('process_cpu_user_seconds_total', source)).toBe(2);
  usage.mockReturnValue({ user: 3_000_000, system: 0 });
  expect(await numberOf('process_cpu_user_seconds_total', source)).toBe(3);
});

test.each([
  ['none', undefined, undefined],
  ['0', 0, undefined],
  ['more than the machine has', totalmem() + 1, undefined],
  ['1 MiB', 2 ** 20, 2 ** 20],
])('of a memory limit of %s, serves %p as %p', async (_case, limit, served) => {
  jest.spyOn(process, 'constrainedMemory').mockReturnValue(limit as number);
  expect(await numberOf(LIMIT)).toBe(served);
});

(hasFiles ? test : test.failing)('counts open files', async () => {
  const source = processMetrics();
  const before = await numberOf('process_open_fds', source);
  const files = await Promise.all(Array.from({ length: 100 }, () => open(__filename)));
  const after = await numberOf('process_open_fds', source);
  await Promise.all(files.map((file) => file.close()));
  // Other handles of this process come and go.
  expect(Math.abs(after - before - 100)).toBeLessThan(20);
  expect(await numberOf('process_max_fds', source)).toBeGreaterThan(after);
});

test('measures how busy the event loop was since the previous scrape', async () => {
  const source = processMetrics();
  await seriesOf(source);
  const start = performance.eventLoopUtilization();
  await sleep(600);
  busyFor(600);
  await sleep(10);
  const expected = performance.eventLoopUtilization(start).utilization;
  expect(expected).toBeGreaterThan(0.1);
  expect(await numberOf('nodejs_eventloop_utilization', source)).toBeCloseTo(expected, 1);
});

test('a second scraper just after the first one does not shorten the period of which utilization is measured', async () => {
  const utilization = jest.spyOn(performance, 'eventLoopUtilization');
  const source = processMetrics();
  for (let n = 0; n < 3; n++) await seriesOf(source);
  const periods = utilization.mock.calls.filter(([, since]) => since !== undefined);
  expect(periods).toHaveLength(2);
  expect(periods[0]?.[1]).toBe(periods[1]?.[1]);
});

test('with gc, has the garbage collections by kind', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const source = processMetrics({ gc: true });
  const countOf = async () =>
    ((await seriesOf(source))['nodejs_gc_duration_seconds{kind="major"}'] as HistogramValue | undefined)?.count ?? 0;
  expect(await countOf()).toBe(0);
  collectGarbage();
  // The observer is called later; if it is not, this test times out.
  while ((await countOf()) === 0) await sleep(10);
});

test('with eventLoop, has the delays of the event loop', async () => {
  const source = processMetrics({ eventLoop: true });
  const read = async () => (await seriesOf(source)).nodejs_eventloop_delay_seconds as HistogramValue;
  expect(await read()).toMatchObject({ count: 0 });
  busyFor(150);
  while ((await read()).count === 0) await sleep(10);
  expect((await read()).sum).toBeGreaterThan(0.1);
});

test('a router without a source serves it', async () => {
  const port = await portOf(express().use(metricsRouter()));
  const text = (await requestPath(port, '/metrics')).body.toString();
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);
  expect(withoutLimit(names)).toEqual([...OF_PROCESS, ...OF_THREAD]);
});

test('a process ends by itself with it, and its threads have the families that are theirs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'express-metrics-json-'));
  const program = join(folder, 'main.mjs');
  const entry = pathToFileURL(join(__dirname, '../../lib/sources/process.ts'));
  writeFileSync(
    program,
    `import { isMainThread, Worker, workerData } from 'node:worker_threads';
     import { processMetrics } from '${entry}';
     const families = processMetrics(workerData ?? { gc: true, eventLoop: true })
       .collect({ wants: () => true, report: console.error });
     console.log(families.map(({ name }) => name).join());
     if (isMainThread) {
       for (const workerData of [{}, { processWide: true }]) new Worker(new URL(import.meta.url), { workerData });
     }`,
  );
  const loader = join(__dirname, '../support/ts-loader.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', loader, program]);
  rmSync(folder, { recursive: true });

  const lines = stdout.trim().split('\n');
  expect(lines).toHaveLength(3);
  const families = lines.map((line) => withoutLimit(line.split(',')));
  const observed = ['nodejs_gc_duration_seconds', 'nodejs_eventloop_delay_seconds'];
  expect(families).toContainEqual([...OF_PROCESS, ...OF_THREAD, ...observed]);
  expect(families).toContainEqual(OF_THREAD);
  expect(families).toContainEqual([...OF_PROCESS, ...OF_THREAD]);
});
