import { Counter, Registry } from 'prom-client';
import { combineSources, type LabelSet, type MetricFamily, type MetricsSource } from '../../lib/index.ts';
import { promClientSource } from '../../lib/sources/prom-client.ts';
import { prometheusServerSource } from '../../lib/sources/prometheus-server.ts';
import { cachedBytes, MAX_CACHED_BYTES } from '../../lib/util/cache-budget.ts';
import { closeAccounts, leaveBytes } from '../support/budget.ts';
import { collectAll } from '../support/collect.ts';
import { telemetry } from '../support/open-telemetry.ts';
import { prometheusApi, vector } from '../support/prometheus-api.ts';
import { closeServers } from '../support/serve.ts';

// In a file of its own: what a process caches is counted, and nothing else is to be cached here.

afterEach(async () => {
  closeAccounts();
  await closeServers();
});

const KIB = 1024;
const LONG = 'x'.repeat(4 * KIB);
const longLabels = (length: number): LabelSet[] => Array.from({ length }, (_, i) => ({ queue: `${LONG}${i}` }));

/** Sources that are garbage-collected would give back what was cached for them, at any time. */
const held: MetricsSource[] = [];
function hold(source: MetricsSource): MetricsSource {
  held.push(source);
  return source;
}

describe('prometheusServerSource', () => {
  const series = longLabels(20).map((labels, i) => [{ __name__: 'up', ...labels }, `${i}`] as const);

  async function twice(): Promise<boolean[]> {
    const { url } = await prometheusApi(
      { up: vector(...(series as never[])) },
      { up: [{ type: 'gauge', help: LONG, unit: '' }] },
    );
    const source = hold(prometheusServerSource({ url, queries: { up: 'up' } }));
    const [first, second] = [await collectAll(source), await collectAll(source)].map(
      ({ families }) => families[0]!.samples,
    );
    return second!.map(({ labels }, i) => labels === first![i]!.labels);
  }

  test('label sets and help texts are cached, and counted', async () => {
    const before = cachedBytes();
    expect(new Set(await twice())).toEqual(new Set([true]));
    expect(cachedBytes() - before).toBeGreaterThanOrEqual((20 * 2 + 1) * LONG.length);
  });

  test('where there is no room they are given anew each time', async () => {
    const giveBack = leaveBytes(20 * KIB);
    expect(new Set(await twice())).toEqual(new Set([false]));
    expect(cachedBytes()).toBeLessThanOrEqual(MAX_CACHED_BYTES);
    giveBack();
  });
});

describe('openTelemetrySource', () => {
  async function twice(): Promise<number> {
    const { meter, source, collect } = telemetry();
    hold(source);
    const counter = meter.createCounter('c');
    for (const labels of longLabels(20)) counter.add(1, labels);
    const [first, second] = [await collect(), await collect()].map(
      ({ families }) => families.find(({ name }) => name.startsWith('c'))!.samples,
    );
    return second!.filter(({ labels }, i) => labels === first![i]!.labels).length;
  }

  test('labels are cached and counted, as far as there is room', async () => {
    const before = cachedBytes();
    expect(await twice()).toBe(20);
    expect(cachedBytes() - before).toBeGreaterThanOrEqual(20 * 2 * LONG.length);
    const giveBack = leaveBytes(50 * KIB);
    const some = await twice();
    expect(some).toBeGreaterThan(1);
    expect(some).toBeLessThan(12);
    expect(cachedBytes()).toBeLessThanOrEqual(MAX_CACHED_BYTES);
    giveBack();
  });
});

test('the label sets of promClientSource whose values are texts are remembered as far as there is room', async () => {
  const registry = new Registry();
  const counter = new Counter({ name: 'c', help: 'h', labelNames: ['queue'], registers: [registry] });
  const add = (length: number) => {
    for (const labels of longLabels(length)) counter.inc(labels);
    counter.inc({ queue: undefined as never });
  };
  const source = hold(promClientSource(registry));
  const collect = async () => (await collectAll(source)).families[0]?.samples ?? [];
  add(100);
  const before = cachedBytes();
  // The first scrape reads a copy.
  await collect();
  const [second, third] = [await collect(), await collect()];
  expect(third).toHaveLength(101);
  expect(third.every(({ labels }, i) => labels === second[i]?.labels)).toBe(true);
  const size = cachedBytes() - before;
  expect(size).toBeGreaterThanOrEqual(100 * 8);
  counter.reset();
  add(50);
  expect(await collect()).toHaveLength(51);
  expect(cachedBytes() - before).toBeLessThan(0.6 * size);
  const giveBack = leaveBytes(100);
  add(100);
  const families = await collect();
  expect(families.map(({ labels }) => labels.queue)).toEqual(
    expect.arrayContaining([...longLabels(100).map(({ queue }) => queue), 'undefined']),
  );
  expect(cachedBytes()).toBeLessThanOrEqual(MAX_CACHED_BYTES);
  giveBack();
});

test('the names that a source has brought are remembered for a join as far as there is room', async () => {
  const family = (i: number): MetricFamily => ({ name: `${LONG}${i}`, type: 'gauge', samples: [] });
  const source: MetricsSource = { collect: () => Array.from({ length: 20 }, (_, i) => family(i)) };
  const before = cachedBytes();
  await collectAll(hold(combineSources([source, source], { join: true })));
  expect(cachedBytes() - before).toBeGreaterThanOrEqual(20 * 2 * LONG.length);
  const giveBack = leaveBytes(50 * KIB);
  const { families } = await collectAll(hold(combineSources([source, source], { join: true })));
  expect(families.length).toBe(20);
  expect(cachedBytes()).toBeLessThanOrEqual(MAX_CACHED_BYTES);
  giveBack();
});
