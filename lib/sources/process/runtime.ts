import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import type { HeapInfo } from 'node:v8';
import type { Registry } from '../registry.ts';
import type { Readings } from './readings.ts';

/** Minimum time (ms) of which the utilization is measured, so that a second scraper does not shorten it. */
const MIN_PERIOD = 1_000;

/** Adds the metrics that each thread has separately. */
export function addRuntimeMetrics(registry: Registry, readings: Readings): void {
  const addHeap = (name: string, help: string, member: keyof HeapInfo) =>
    registry.gauge({ name, help, unit: 'bytes', collect: (gauge) => gauge.set(readings.heap()[member]) });
  addHeap('nodejs_heap_size_total_bytes', 'Process heap size from Node.js in bytes.', 'total_heap_size');
  addHeap('nodejs_heap_size_used_bytes', 'Process heap size used from Node.js in bytes.', 'used_heap_size');
  addHeap('nodejs_external_memory_bytes', 'Node.js external memory size in bytes.', 'external_memory');
  // Other runtimes may lack it.
  if (typeof performance.eventLoopUtilization === 'function') addUtilization(registry);
  addVersion(registry);
}

function addUtilization(registry: Registry): void {
  let since: EventLoopUtilization | undefined;
  registry.gauge({
    name: 'nodejs_eventloop_utilization',
    help: 'Share of the time in which the event loop was active, since the previous scrape.',
    aggregator: 'average',
    collect(gauge) {
      const now = performance.eventLoopUtilization();
      const period = since === undefined ? now : performance.eventLoopUtilization(now, since);
      gauge.set(period.utilization);
      if (since === undefined || period.active + period.idle >= MIN_PERIOD) since = now;
    },
  });
}

function addVersion(registry: Registry): void {
  const [major = '', minor = '', patch = ''] = process.version.slice(1).split('.');
  registry
    .gauge({
      name: 'nodejs_version_info',
      help: 'Node.js version info.',
      labelNames: ['version', 'major', 'minor', 'patch'],
      aggregator: 'first',
    })
    .set({ version: process.version, major, minor, patch }, 1);
}
