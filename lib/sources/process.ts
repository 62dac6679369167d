import { isMainThread } from 'node:worker_threads';
import type { MetricsSource } from '../model/metrics-source.ts';
import { checkOptions } from '../util/check-options.ts';
import { expect } from '../util/expect.ts';
import { addEventLoopDelay, addGarbageCollection } from './process/observers.ts';
import { addProcessMetrics } from './process/process-wide.ts';
import { Readings } from './process/readings.ts';
import { addRuntimeMetrics } from './process/runtime.ts';
import { createRegistry } from './registry.ts';

/** What `processMetrics` takes. Everything has a default. */
export interface ProcessMetricsOptions {
  /**
   * Whether to include the families of the process as a whole, `process_*`. By default, a worker thread leaves them to
   * the main thread, because `clusterSource` would add up the same values.
   * @default true in the main thread
   */
  readonly processWide?: boolean | undefined;
  /**
   * Whether to observe garbage collections: `nodejs_gc_duration_seconds`. It costs about 0.1 ms for each one.
   * @default false
   */
  readonly gc?: boolean | undefined;
  /**
   * Whether to measure the delay of the event loop with a timer, every 20 ms: `nodejs_eventloop_delay_seconds`. It
   * costs up to 1 % of a core.
   * @default false
   */
  readonly eventLoop?: boolean | undefined;
}

/**
 * Creates a source of the process's own metrics, with prom-client's names: CPU, memory, file descriptors and start time
 * of the process, and heap, event loop and version of Node. They are read at each scrape. By
 * default, nothing runs in between.
 *
 * @throws {TypeError} for an unknown or invalid option, which it names
 * @example
 * app.use(metricsRouter({ source: [promClientSource(register), processMetrics()] }));
 */
export function processMetrics(options: ProcessMetricsOptions = {}): MetricsSource {
  const { processWide = isMainThread, gc, eventLoop } = checkOptions('processMetrics', options, CHECKS);
  const registry = createRegistry();
  const readings = new Readings();
  if (processWide) addProcessMetrics(registry, readings);
  addRuntimeMetrics(registry, readings);
  if (gc) addGarbageCollection(registry);
  if (eventLoop) addEventLoopDelay(registry);
  return {
    collect(scrape) {
      readings.startScrape();
      return registry.collect(scrape);
    },
  };
}

const CHECKS = { processWide: expect.boolean, gc: expect.boolean, eventLoop: expect.boolean };
