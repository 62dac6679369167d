import { once } from 'node:events';
import { dashboard } from '../../lib/dashboard.ts';
import { limitSeries, metricsRouter } from '../../lib/index.ts';
import { clusterSource } from '../../lib/sources/cluster.ts';
import { createRegistry } from '../../lib/sources/registry.ts';
import { until } from '../support/clients.ts';
import { type ClusterSettings, type ServiceProcess, startCluster } from '../support/clusters.ts';
import type { HistoryDocument } from '../support/recorded-history.ts';
import { catchSampleTimers } from '../support/sample-timers.ts';

jest.setTimeout(120_000);

async function keepersOf(processes: readonly ServiceProcess[]): Promise<ServiceProcess[]> {
  const keeps = await Promise.all(processes.map(async ({ get }) => JSON.parse((await get('/keeps')).text)));
  return processes.filter((_, i) => keeps[i]);
}

async function historyOf({ get }: ServiceProcess, path = '/metrics'): Promise<HistoryDocument> {
  return JSON.parse((await get(`${path}.history.json?name[]=jobs_total`)).text);
}

/** Waits until the process answers with a history in which all have done this many jobs together. */
async function untilTold(one: ServiceProcess, jobs: number): Promise<void> {
  await until(async () => {
    const { families } = await historyOf(one);
    return families.jobs_total?.series[0]?.columns[0]?.at(-1) === jobs;
  });
}

let service: Awaited<ReturnType<typeof startCluster>> | undefined;
afterEach(async () => {
  // Its samples take time from the next test.
  const { child } = service ?? {};
  service = undefined;
  if (child === undefined) return;
  child.disconnect();
  await once(child, 'exit');
});

async function start(settings: ClusterSettings): Promise<ServiceProcess[]> {
  service = await startCluster({ ...settings, hasHistory: true });
  return service.started;
}

async function expectOneKeeper(started: readonly ServiceProcess[]): Promise<ServiceProcess> {
  for (const one of started) await one.move('job', 'mail');
  for (const one of started) await untilTold(one, started.length);
  const keepers = await keepersOf(started);
  expect(keepers).toHaveLength(1);
  return keepers[0]!;
}

test.each<[string, ClusterSettings]>([
  ['worker threads', { threads: 2 }],
  ['a primary that serves, and of its worker', { workers: 1, isPrimaryServing: true, serialization: 'json' }],
])('one of %s keeps the history, and any of them serves it', async (_, settings) => {
  await expectOneKeeper(await start(settings));
});

test('one of several workers keeps the history, and after its end another one', async () => {
  const started = await start({ workers: 2 });
  const keeper = await expectOneKeeper(started);
  const [other] = started.filter((one) => one !== keeper);
  await keeper.get('/end');
  await until(async () => (await keepersOf([other!])).length === 1);
  await other!.move('job', 'mail');
  // What the other one has counted stays in the sum.
  await untilTold(other!, 3);
});

test('a process without others samples by itself, also a source that wraps one of a cluster', async () => {
  const timers = catchSampleTimers();
  const registry = createRegistry();
  const collect = jest.spyOn(registry, 'collect');
  const source = limitSeries(clusterSource(registry), { perFamily: 10 });
  metricsRouter({ source, dashboard: dashboard() });
  await timers.sample();
  expect(collect).toHaveBeenCalledTimes(1);
});
