import cluster from 'node:cluster';
import type { MetricFamily } from '../model/metric-family.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { isWanted } from '../model/series-mark.ts';
import { abortable } from '../util/abortable.ts';
import { checkOptions } from '../util/check-options.ts';
import { expect } from '../util/expect.ts';
import { CLUSTER_SHARE } from '../util/time-shares.ts';
import { checkSource } from './check-source.ts';
import { explain } from './cluster/explain.ts';
import { familyOf } from './cluster/family-table.ts';
import { clusterProcess } from './cluster/process.ts';
import { marksOf, sharedBy } from './source-marks.ts';

/** What `clusterSource` takes besides its source. Everything has a default. */
export interface ClusterSourceOptions {
  /**
   * Maximum time (ms) that a scrape waits for the workers. Then it serves the metrics of those that have answered. At
   * most 80 % of the scrape's timeout.
   * @default half of the scrape's timeout
   */
  timeout?: number | undefined;
  /**
   * Name of a label with the worker's id. With it, the series of the workers are served side by side and not summed. A
   * label of that name which a series already has becomes `exported_…`, as in Prometheus.
   * @default no label: series are summed
   */
  workerLabel?: string | undefined;
}

/** What `setupPrimary` returns. */
export interface ClusterPrimary {
  /** Stops to answer the workers, and forgets the totals of workers that have exited. */
  close(): void;
}

/**
 * Merges the metrics of all processes of a `node:cluster`, or of all worker threads, whichever of them is scraped. Each
 * process wraps its source in a `clusterSource`, and the primary (or main thread) calls `setupPrimary()`. A process
 * without workers serves its own metrics, so that the same code runs without a cluster.
 *
 * A scrape rejects with a `MetricsError` of code `ERR_METRICS_NO_PRIMARY` in a worker process whose primary has not
 * called `setupPrimary()`, and in a thread of a worker process. A thread whose main thread has not called it serves its
 * own metrics.
 *
 * @throws {TypeError} for a value that is not a source, an invalid option, or a second source in one process of a
 *   cluster
 * @throws {Error} when the process has loaded another version of this module, which this one cannot join
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
  const { connect, election } = clusterProcess('clusterSource');
  const client = connect(source);
  return {
    ...marksOf(source),
    ...sharedBy(election),
    async *collect(scrape) {
      const workerTimeout = Math.min(timeout ?? scrape.timeout / 2, CLUSTER_SHARE * scrape.timeout);
      // After the workers' timeout and before the scrape's, so that the error names the cause.
      const responseTimeout = (workerTimeout + scrape.timeout) / 2;
      const request = client.request({ timeout: workerTimeout, workerLabel }, responseTimeout);
      const response = await abortable(request, scrape.signal);
      const { tables, expected, responded } = response;
      const { failure, losses } = explain(response, workerTimeout);
      for (const { error, family } of losses) scrape.report(error, family);
      if (failure !== undefined) throw failure;
      for (const table of tables) {
        const family = familyOf(table);
        if (isWanted(family.name, family, scrape.wants)) yield family;
      }
      yield clusterWorkers(expected, responded);
    },
  };
}

/**
 * Lets the workers of this process join. Call it in the primary process before it forks or, with worker threads, in the
 * main thread before it starts them. Sets the serialization of `node:cluster` to `'advanced'`, which is faster for
 * numbers, unless workers are running or the app has set one.
 *
 * @throws {Error} in a worker, and when the process has loaded another version of this module
 * @throws {TypeError} for any option: there are none
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
  help: 'Processes and threads that have a source, and those whose current metrics are in this document.',
  labelNames: ['state'],
  samples: [
    { labels: expectedLabels, value: expected },
    { labels: respondedLabels, value: responded },
  ],
});
