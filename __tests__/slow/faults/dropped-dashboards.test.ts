import { setImmediate as turn } from 'node:timers/promises';
import { dashboard } from '../../../lib/dashboard.ts';
import { type MetricsSource, metricsRouter } from '../../../lib/index.ts';
import { clusterSource } from '../../../lib/sources/cluster.ts';
import { memoryInUse } from '../../support/released.ts';
import { catchSampleTimers } from '../../support/sample-timers.ts';

const ROUTERS = 50;

const labels = Array.from({ length: 1000 }, (_, n) => ({ n: String(n) }));

const createSource = (): MetricsSource => ({
  collect: () => [{ name: 'depth', type: 'gauge', samples: labels.map((one) => ({ labels: one, value: 1 })) }],
});

afterEach(() => jest.restoreAllMocks());

test.each<[string, (source: MetricsSource) => MetricsSource]>([
  ['a source of this process', (source) => source],
  ['a source of a cluster', clusterSource],
])('a router of %s that is dropped takes its history and its timer along', async (_, wrap) => {
  const timers = catchSampleTimers();
  const cleared = jest.spyOn(globalThis, 'clearInterval');
  const alive = (references: readonly WeakRef<object>[]) =>
    references.filter((one) => one.deref() !== undefined).length;

  function create() {
    return Array.from({ length: ROUTERS }, () => {
      const source = wrap(createSource());
      return { source, router: metricsRouter({ source, dashboard: dashboard() }) };
    });
  }
  let routers: ReturnType<typeof create> | undefined = create();
  const references = routers.flatMap(({ source, router }) => [new WeakRef(source), new WeakRef(router)]);
  await timers.sample(3);
  const before = await memoryInUse();
  expect([alive(references), cleared.mock.calls.length]).toEqual([2 * ROUTERS, 0]);

  routers = undefined;
  await turn();
  const after = await memoryInUse();
  await timers.sample();
  expect([routers, alive(references), cleared.mock.calls.length]).toEqual([undefined, 0, ROUTERS]);
  // Each had at least the values of three moments.
  expect(before - after).toBeGreaterThan(ROUTERS * labels.length * 3 * 8);
});
