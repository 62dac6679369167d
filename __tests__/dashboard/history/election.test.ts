import { dashboard } from '../../../lib/dashboard.ts';
import { type MetricsRouter, metricsRouter } from '../../../lib/index.ts';
import type { KeeperElection } from '../../../lib/model/keeper-election.ts';
import { sharedBy } from '../../../lib/sources/source-marks.ts';
import { catchSampleTimers } from '../../support/sample-timers.ts';

afterEach(() => jest.restoreAllMocks());

function createElection() {
  const answers = new Map<string, Parameters<KeeperElection['offer']>[1]>();
  const election: KeeperElection = {
    offer: (topic, answer) => void answers.set(topic, answer),
    withdraw: (topic) => void answers.delete(topic),
    isKeeper: () => true,
    ask: () => Promise.resolve(undefined),
  };
  const create = (path = '/metrics'): MetricsRouter =>
    metricsRouter({ path, source: { ...sharedBy(election), collect: () => [] }, dashboard: dashboard() });
  return { answers, create };
}

test('the topics of routers with different paths do not depend on the order in which a process creates them', () => {
  const topics = [
    ['/metrics', '/each', '/metrics'],
    ['/each', '/metrics', '/metrics'],
  ].map((paths) => {
    const { answers, create } = createElection();
    const routers = paths.map((path) => create(path));
    expect(routers).toHaveLength(3);
    return [...answers.keys()].sort();
  });
  expect(topics).toEqual(Array(2).fill(['history /each 0', 'history /metrics 0', 'history /metrics 1']));
});

test('the history of a router that was dropped does not answer other processes, and its offer is withdrawn', async () => {
  const timers = catchSampleTimers();
  const { answers, create } = createElection();
  const read = async (topic: string) => {
    let text = '';
    for await (const part of answers.get(topic)!('')) text += part;
    return JSON.parse(text);
  };
  const routers = [create(), create()];
  await timers.sample();
  expect([[...answers.keys()], routers.length]).toEqual([['history /metrics 0', 'history /metrics 1'], 2]);
  expect((await read('history /metrics 0')).ages).toHaveLength(1);
  // As after a garbage collection.
  const asCollected = () => jest.spyOn(WeakRef.prototype, 'deref').mockReturnValueOnce(undefined);
  asCollected();
  await expect(read('history /metrics 0')).rejects.toThrow('the router of the history was dropped');
  asCollected();
  await timers.sample();
  expect([...answers.keys()]).toEqual(['history /metrics 1']);
});
