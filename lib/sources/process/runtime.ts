import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { getHeapStatistics, type HeapInfo } from 'node:v8';
import type { Registry } from '../registry.ts';

/** Minimum time (ms) of which the utilization is measured, so that a second scraper does not shorten it. */
const MIN_PERIOD = 1_000;

/** Adds the metrics that each thread has of its own. */
export function addRuntimeMetrics(registry: Registry): void {
  addHeap(registry, 'nodejs_heap_size_total_bytes', 'Process heap size from Node.js in bytes.', 'total_heap_size');
  addHeap(registry, 'nodejs_heap_size_used_bytes', 'Process heap size used from Node.js in bytes.', 'used_heap_size');
  addHeap(registry, 'nodejs_external_memory_bytes', 'Node.js external memory size in bytes.', 'external_memory');
  // Other runtimes may lack it.
  if (typeof performance.eventLoopUtilization === 'function') addUtilization(registry);
  addVersion(registry);
}

function addHeap(registry: Registry, name: string, help: string, member: keyof HeapInfo): void {
  // Not process.memoryUsage(), which reads the resident memory as well and takes 30 times as long.
  registry.gauge({ name, help, unit: 'bytes', collect: (gauge) => gauge.set(getHeapStatistics()[member]) });
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
