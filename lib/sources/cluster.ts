import cluster from 'node:cluster';
import type { MetricFamily } from '../model/metric-family.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { abortable } from '../util/abortable.ts';
import { checkOptions } from '../util/check-options.ts';
import { expect } from '../util/expect.ts';
import { CLUSTER_SHARE } from '../util/time-shares.ts';
import { checkSource } from './check-source.ts';
import { explain } from './cluster/explain.ts';
import { familyOf } from './cluster/family-table.ts';
import { clusterProcess } from './cluster/process.ts';

/** What `clusterSource` takes besides its source. Everything has a default. */
export interface ClusterSourceOptions {
  /**
   * How long (ms) a scrape waits for the workers; what has arrived by then is served. At most 80 % of the scrape's own
   * timeout.
   * @default half of the scrape's timeout
   */
  timeout?: number | undefined;
  /**
   * Gives each worker's series its id as a label of this name, instead of summing them. A label that has the name
   * already becomes `exported_…`, as in Prometheus.
   */
  workerLabel?: string | undefined;
}

/** What `setupPrimary` returns. */
export interface ClusterPrimary {
  /** Answers no more. What is known of workers that have ended is forgotten. */
  close(): void;
}

/**
 * Behind `node:cluster`, or in worker threads: any process that is scraped answers for all of them. Each makes one of
 * these around its own source, and the primary (or main thread) calls `setupPrimary()`. A process that has no workers answers for
 * itself, so that the same code runs without a cluster.
 *
 * A scrape fails with a `MetricsError`, code `ERR_METRICS_NO_PRIMARY`, in a worker process whose primary has not called `setupPrimary()`,
 * and in a thread of a worker process. A thread whose main thread has not called it answers for itself.
 *
 * @throws {TypeError} for what is no source, an invalid option, or a second source in one process of a cluster
 * @throws {Error} where the process has loaded another version of this module, which it cannot join
 * @example
 * if (cluster.isPrimary) {
 *   setupPrimary();
 *   for (let i = 0; i < 4; i++) cluster.fork();
 * } else {
 *   express().use(metricsRouter({ source: clusterSource(promClientSource(register)) })).listen(3000);
 * }
 */
export function clusterSource(source: MetricsSource, options: ClusterSourceOptions = {}): MetricsSource {
  checkSource('clusterSource', source);
  const { timeout, workerLabel } = checkOptions('clusterSource', options, {
    timeout: expect.milliseconds,
    workerLabel: expect.labelName,
  });
  const client = clusterProcess('clusterSource').connect(source);
  return {
    async *collect(scrape) {
      const workerTimeout = Math.min(timeout ?? scrape.timeout / 2, CLUSTER_SHARE * scrape.timeout);
      // Later than all workers, and before the scrape is over: this error says more than a timeout.
      const responseTimeout = (workerTimeout + scrape.timeout) / 2;
      const request = client.request({ timeout: workerTimeout, workerLabel }, responseTimeout);
      const response = await abortable(request, scrape.signal);
      const { tables, expected, responded } = response;
      const { failure, losses } = explain(response, workerTimeout);
      for (const { error, family } of losses) scrape.report(error, family);
      if (failure !== undefined) throw failure;
      for (const table of tables) if (scrape.wants(table.head.name)) yield familyOf(table);
      yield clusterWorkers(expected, responded);
    },
  };
}

/**
 * In the primary process, before it forks; with worker threads, in the main thread before it starts them. Unless workers are
 * running or a serialization was chosen, it sets that of the channel to them to `'advanced'`, which copies numbers as they are.
 *
 * @throws {Error} in a worker, and where the process has loaded another version of this module
 * @throws {TypeError} for an option: it has none
 */
export function setupPrimary(options: Record<string, never> = {}): ClusterPrimary {
  checkOptions('setupPrimary', options, {});
  const close = clusterProcess('setupPrimary').openCoordinator();
  const hasWorkers = Object.keys(cluster.workers ?? {}).length > 0;
  if (!hasWorkers && cluster.settings.serialization === undefined) cluster.setupPrimary({ serialization: 'advanced' });
  return { close };
}

const expectedLabels = { state: 'expected' };
const respondedLabels = { state: 'responded' };

const clusterWorkers = (expected: number, responded: number): MetricFamily => ({
  name: 'cluster_workers',
  type: 'gauge',
  help: 'processes and threads that have metrics, and how many of them are in this document as they are now',
  labelNames: ['state'],
  samples: [
    { labels: expectedLabels, value: expected },
    { labels: respondedLabels, value: responded },
  ],
});
