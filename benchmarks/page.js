// What the history of the dashboard costs the service: the CPU time of a sample, of which there is one every 10 s, the
// longest time that one holds the event loop, and the memory of a full history. And the memory of the page after a day.

import { setImmediate as turn } from 'node:timers/promises';
import { MetricsHistory } from '../dist/esm/dashboard/history/metrics-history.js';
import { Sampler } from '../dist/esm/dashboard/history/sampler.js';
import { createRegistry } from '../dist/esm/sources/registry.js';
import { atMost, median } from './figures.js';
import { liveBytes } from './live-bytes.js';
import { pageMemory } from './page-memory.js';

const MIB = 2 ** 20;

/** Samples of 15 minutes, and the one that is being recorded. */
const MOMENTS = 91;

const MAX_BYTES = 8 * MIB;

/** Maximum CPU time (ms) of a sample, by number of series. */
const BOUNDS = [
  [100, 1],
  [1_000, 1],
  [10_000, 5],
  [100_000, 25],
];

export async function* page() {
  for (const [series, bound] of BOUNDS) {
    const { cpu, stall, bytes } = await measure(series);
    const title = `history of ${series.toLocaleString('en')} series`;
    yield atMost(`${title}: CPU time of a sample`, cpu, bound, ' ms');
    yield atMost(`${title}: longest time that one holds the event loop`, stall, 20, ' ms');
    yield atMost(`${title}: memory of 15 minutes`, bytes / MIB, 1.25 * (MAX_BYTES / MIB), ' MiB');
  }
  yield* pageMemory();
}

/** Half of the series are counters, and half are gauges. All of them change between two samples. */
function createSource(series) {
  const registry = createRegistry();
  const options = { help: 'for the benchmark', labelNames: ['route', 'status'], maxSeries: series };
  const counter = registry.counter({ name: 'requests_total', ...options });
  const gauge = registry.gauge({ name: 'in_flight', ...options });
  const labels = Array.from({ length: series / 2 }, (_, i) => ({ route: `/route/${i}`, status: '200' }));
  const change = () => {
    for (const one of labels) {
      counter.inc(one);
      gauge.set(one, Math.random());
    }
  };
  return { registry, change };
}

async function measure(series) {
  const { registry, change } = createSource(series);
  change();
  const before = liveBytes();
  const history = new MetricsHistory({ moments: MOMENTS, maxBytes: MAX_BYTES });
  const collection = { source: registry, selfMetricsFamilies: () => [] };
  const sampler = new Sampler({ collection, timeout: 10_000, history });
  const times = [];
  const stalls = [];
  for (let n = 0; n < MOMENTS; n++) {
    change();
    const { user, system } = process.cpuUsage();
    stalls.push(await longestTurn(sampler.sample()));
    const used = process.cpuUsage();
    times.push((used.user - user + used.system - system) / 1000);
  }
  const bytes = liveBytes() - before;
  // Until here, so that it counts.
  if (history.end !== MOMENTS) throw new Error(`expected ${MOMENTS} samples, got ${history.end}`);
  return { cpu: median(times), stall: median(stalls), bytes };
}

/** Returns the longest time (ms) between two turns of the event loop until the promise is settled. */
async function longestTurn(promise) {
  let isOver = false;
  promise.finally(() => {
    isOver = true;
  });
  let longest = 0;
  while (!isOver) {
    const start = performance.now();
    await turn();
    longest = Math.max(longest, performance.now() - start);
  }
  return longest;
}
