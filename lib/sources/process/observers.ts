import { constants, type PerformanceEntry, PerformanceObserver, performance } from 'node:perf_hooks';
import type { Histogram, Registry } from '../registry.ts';

const GC_KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

/** Its detail is missing in the types of Node 20. */
type GarbageCollection = PerformanceEntry & { readonly detail: { readonly kind: number } };

/** Interval (ms) at which the delay of the event loop is measured. */
const DELAY_INTERVAL = 20;

/** Adds a histogram of garbage collections. The observer stops when the registry is garbage-collected. */
export function addGarbageCollection(registry: Registry): void {
  const durations = registry.histogram({
    name: 'nodejs_gc_duration_seconds',
    help: 'Garbage collection duration by kind, one of major, minor, incremental or weakcb.',
    unit: 'seconds',
    labelNames: ['kind'],
    buckets: [0.001, 0.01, 0.1, 1, 2, 5],
  });
  observeGarbageCollection(new WeakRef(durations));
}

/** Apart from the above, so that the observer's function does not keep the histogram. */
function observeGarbageCollection(durations: WeakRef<Histogram<'kind'>>): void {
  const observer = new PerformanceObserver((list) => {
    const histogram = durations.deref();
    if (histogram === undefined) {
      observer.disconnect();
      return;
    }
    for (const { duration, detail } of list.getEntries() as GarbageCollection[]) {
      histogram.observe({ kind: GC_KINDS[detail.kind] ?? 'other' }, duration / 1000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
}

/** Adds a histogram of how late a timer fires, which stops when the registry is garbage-collected. */
export function addEventLoopDelay(registry: Registry): void {
  const delays = registry.histogram({
    name: 'nodejs_eventloop_delay_seconds',
    help: `Delay of the event loop, measured with a timer every ${DELAY_INTERVAL} ms.`,
    unit: 'seconds',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
  });
  observeEventLoopDelay(new WeakRef(delays));
}

function observeEventLoopDelay(delays: WeakRef<Histogram>): void {
  let last = performance.now();
  const timer = setInterval(() => {
    const histogram = delays.deref();
    if (histogram === undefined) {
      clearInterval(timer);
      return;
    }
    const now = performance.now();
    histogram.observe(Math.max(0, now - last - DELAY_INTERVAL) / 1000);
    last = now;
  }, DELAY_INTERVAL);
  timer.unref();
}
