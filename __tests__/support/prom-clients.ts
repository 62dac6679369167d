import type * as PromClient from 'prom-client';
import type { MetricsRouterOptions } from '../../lib/index.ts';
import { promClientSource } from '../../lib/sources/prom-client.ts';
import { serve } from './clients.ts';

export type Library = typeof PromClient;

type LibraryName = 'prom-client' | 'prom-client-14' | 'platformatic-prom-client' | '@prometheus-io/client';

/**
 * Path of `@prometheus-io/client`, which needs Node 22: `npm run test:package` installs it, and runs the tests of these
 * libraries with it alone.
 */
const { PROMETHEUS_IO_CLIENT } = process.env;

/** The libraries whose registries are read. They differ in ways that the types do not show. */
export const LIBRARIES: readonly LibraryName[] =
  PROMETHEUS_IO_CLIENT === undefined
    ? ['prom-client', 'prom-client-14', 'platformatic-prom-client']
    : ['@prometheus-io/client'];

export const load = (name: LibraryName): Library =>
  jest.requireActual(name === '@prometheus-io/client' ? (PROMETHEUS_IO_CLIENT as string) : name);

/** Serves a registry. */
export async function serveRegistry(registry: PromClient.Registry, options: Partial<MetricsRouterOptions> = {}) {
  const { get, failures } = await serve({ source: promClientSource(registry), ...options });
  return {
    get,
    failures,
    /** The values of the JSON document, by family. */
    async values() {
      const families = Object.entries<{ value: unknown }>(JSON.parse((await get('/metrics.json')).text));
      return Object.fromEntries(families.map(([name, { value }]) => [name, value]));
    },
    text: async () => (await get('/metrics')).text,
  };
}

/** Returns the sorted lines of a text, with labels in order of name and numbers as in JavaScript. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => (line.startsWith('#') ? line : seriesLine(line))).sort();
}

function seriesLine(line: string): string {
  const [, name, labels = '', value = ''] = /^([\w:]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined) throw new Error(`not a line of the format: ${line}`);
  const pairs = labels.match(/\w+="(?:[^"\\]|\\.)*"/g) ?? [];
  return `${name}{${pairs.sort().join(',')}} ${Number(value.replace('Inf', 'Infinity'))}`;
}

/** Creates a registry with metrics of each type. `move()` changes each value and adds series. */
export function mixedRegistry(library: Library) {
  const registry = new library.Registry();
  registry.setDefaultLabels({ app: 'mailer', zone: 'a', shard: 7 });
  let moves = 0;
  const metrics = createMetrics(library, [registry], () => moves);
  return {
    registry,
    move(): void {
      moves++;
      moveAll(metrics, moves);
    },
  };
}

function createMetrics(
  { Counter, Gauge, Histogram, Summary }: Library,
  registers: PromClient.Registry[],
  moves: () => number,
) {
  const bare = new Counter({ name: 'accepted_total', help: 'accepted', registers });
  const byDomain = new Counter({ name: 'delivered_total', help: 'delivered', labelNames: ['domain'], registers });
  const byTwo = new Counter({ name: 'deferred_total', help: 'deferred', labelNames: ['domain', 'zone'], registers });
  const depth = new Gauge({ name: 'depth', help: 'a "help" of\ntwo lines', labelNames: ['queue'], registers });
  const odd = new Gauge({ name: 'odd', help: 'odd numbers', labelNames: ['n'], registers });
  new Gauge({ name: 'never_set', help: 'zero', registers });
  new Gauge({ name: 'never_labelled', help: 'no series', labelNames: ['queue'], registers });
  const latency = new Histogram({ name: 'latency_seconds', help: 'latency', registers });
  const sizes = new Histogram({
    name: 'sizes_bytes',
    help: 'sizes',
    labelNames: ['kind', 'app'],
    buckets: [0.5, 1, 1024, 1e21],
    registers,
  });
  new Histogram({ name: 'never_observed', help: 'no series', labelNames: ['kind'], registers });
  const waits = new Summary({ name: 'waits_seconds', help: 'waits', labelNames: ['queue'], registers });
  const whole = new Summary({ name: 'whole', help: 'whole', percentiles: [0.5, 1], registers });
  new Gauge({
    name: 'collected',
    help: 'set by a callback',
    registers,
    collect() {
      this.set(moves() * 1.5);
    },
  });
  return { bare, byDomain, byTwo, depth, odd, latency, sizes, waits, whole };
}

function moveAll(metrics: ReturnType<typeof createMetrics>, moves: number): void {
  const { bare, byDomain, byTwo, depth, odd, latency, sizes, waits, whole } = metrics;
  bare.inc(3);
  byDomain.inc({ domain: 'example.com' });
  byDomain.inc({ domain: `n${moves}.example.com` }, 0.1);
  byTwo.inc({ domain: 'a\\b', zone: 'own' }, 2 ** 40);
  byTwo.inc({ domain: `say "${moves}"\n`, zone: 'ü€😀' });
  byTwo.inc({ domain: 'no zone' });
  depth.set({ queue: 'a' }, -moves);
  depth.set({ queue: 5 as never }, moves / 3);
  for (const n of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e21, 5e-324, -0, 0.1 + moves]) {
    odd.set({ n: String(n) }, n);
  }
  for (const value of [0.001, 0.3, moves, 100]) latency.observe(value);
  sizes.observe({ kind: 'small', app: 'own' }, 0.1 * moves);
  sizes.observe({ kind: `n${moves}` }, 1e22);
  waits.observe({ queue: 'a' }, moves);
  waits.observe({ queue: 'b' }, 1 / moves);
  whole.observe(moves);
}
