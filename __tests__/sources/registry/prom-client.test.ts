import type * as PromClient from 'prom-client';
import { promClientSource } from '../../../lib/sources/prom-client.ts';
import { createRegistry, type Registry } from '../../../lib/sources/registry.ts';
import { LIBRARIES, type Library, linesOf, load } from '../../support/prom-clients.ts';
import fc, { type Arbitrary } from '../../support/property.ts';
import { render } from '../../support/registries.ts';

// Not -1, where prom-client counts what is above all bounds.
const BUCKETS = [-2, 0.5, 1, 1024, 1e21];

const METRICS = [
  { type: 'counter', name: 'bare_total', labelNames: [] },
  { type: 'counter', name: 'one_total', labelNames: ['queue'] },
  { type: 'counter', name: 'two_total', labelNames: ['pool', 'queue'] },
  { type: 'gauge', name: 'bare', labelNames: [] },
  { type: 'gauge', name: 'three', labelNames: ['pool', 'queue', 'zone'] },
  { type: 'histogram', name: 'bare_seconds', labelNames: [] },
  { type: 'histogram', name: 'one_seconds', labelNames: ['queue'] },
  { type: 'histogram', name: 'two_bytes', labelNames: ['pool', 'queue'], buckets: BUCKETS },
] as const;

const METHODS = {
  counter: ['inc'],
  gauge: ['inc', 'dec', 'set', 'setToCurrentTime'],
  histogram: ['observe'],
} as const;

interface Call {
  readonly metric: (typeof METRICS)[number];
  readonly method: string;
  /** Labels, unless the metric has none, and a number, unless it takes none. */
  readonly args: readonly unknown[];
  /** Whether it is called on what `labels()` returns: for the labels as values or as an object. */
  readonly handle?: 'values' | 'object' | undefined;
}

// Neither `:` nor `,`: prom-client takes two label sets for one if these are put well.
const texts = fc.oneof(
  fc.constantFrom('a', 'b', '', 'a "b"', 'a\\b', 'a\nb', 'ü€😀', 'other'),
  fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/[:,]|\p{Surrogate}/gu, '')),
);
const strings: Arbitrary<unknown> = fc.oneof(texts, fc.integer(), fc.boolean());
const hostile: Arbitrary<unknown> = fc.oneof(
  strings,
  fc.constantFrom<unknown>(undefined, null, 10n, new Date(0), [1], Number.NaN, -0, { toString: () => 'own' }),
);
const numbers = {
  counter: fc.oneof(fc.nat(), fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })),
  gauge: fc.oneof(fc.integer(), fc.double()),
  histogram: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
};

function callOf(labelValues: Arbitrary<unknown>): Arbitrary<Call> {
  return fc.constantFrom(...METRICS).chain((metric) => {
    const { type, labelNames } = metric;
    const labels = fc
      .tuple(...labelNames.map(() => labelValues))
      .map((values) => Object.fromEntries(labelNames.map((name, i) => [name, values[i]])));
    const before = labelNames.length === 0 ? fc.constant([]) : labels.map((it) => [it]);
    const update = fc
      .tuple(fc.constantFrom(...METHODS[type]), before, numbers[type], fc.constantFrom('values', 'object', undefined))
      .map(([method, args, value, handle]) => {
        const isBare = method === 'setToCurrentTime' || (value === 1 && type === 'counter');
        return {
          metric,
          method,
          args: isBare ? args : [...args, value],
          handle: labelNames.length > 0 ? handle : undefined,
        };
      });
    if (labelNames.length === 0) return update;
    const remove = before.map((args) => ({ metric, method: 'remove', args }));
    const reset = fc.constant({ metric, method: 'reset', args: [] });
    return fc.oneof(
      { weight: 12, arbitrary: update },
      { weight: 2, arbitrary: remove },
      { weight: 1, arbitrary: reset },
    );
  });
}

type Metrics = Record<string, Record<string, (...args: unknown[]) => unknown>>;

function createOwn(labels: Record<string, string>): { registry: Registry; metrics: Metrics } {
  const registry = createRegistry({ labels });
  const all = METRICS.map(({ type, ...options }) => [options.name, registry[type]({ help: 'h', ...options } as never)]);
  return { registry, metrics: Object.fromEntries(all) };
}

function createPeer({ Registry, Counter, Gauge, Histogram }: Library, labels: Record<string, string>) {
  const registry = new Registry();
  registry.setDefaultLabels(labels);
  const types = { counter: Counter, gauge: Gauge, histogram: Histogram };
  const all = METRICS.map(({ type, ...options }) => {
    const Metric = types[type] as new (options: object) => object;
    return [options.name, new Metric({ help: 'h', ...options, registers: [registry] })];
  });
  return { registry: registry as PromClient.Registry, metrics: Object.fromEntries(all) as Metrics };
}

function run(metrics: Metrics, { metric, method, args, handle }: Call): void {
  const target = metrics[metric.name]!;
  if (handle === undefined) {
    target[method]!(...args);
    return;
  }
  const [labels, ...rest] = args;
  const values = Object.values(labels as object);
  // An object that is the first value would be taken for the labels.
  const byValues = handle === 'values' && typeof values[0] !== 'object';
  const series = target.labels!(...(byValues ? values : [labels]));
  (series as Metrics[string])[method]!(...rest);
}

beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'setTimeout'] }));
afterEach(() => jest.useRealTimers());

const constants = fc.constantFrom({}, { app: 'mailer', shard: '7' });

describe.each(LIBRARIES)('after the same calls as %s, the registry', (name) => {
  const library = load(name);

  test('has the series and values of its metrics()', async () => {
    // The forks take an empty string and undefined for one value.
    const values = name.startsWith('prom-client') ? hostile : hostile.filter((value) => `${value}` !== '');
    await fc.assert(
      fc.asyncProperty(fc.array(callOf(values), { size: '+1' }), constants, async (calls, labels) => {
        const [own, peer] = [createOwn(labels), createPeer(library, labels)];
        for (const call of calls) for (const { metrics } of [own, peer]) run(metrics, call);
        expect(linesOf(await render(own.registry, 'prometheus-text'))).toEqual(linesOf(await peer.registry.metrics()));
      }),
    );
  });

  test.each(['json', 'prometheus-text', 'openmetrics'] as const)(
    'has the %s document of its registry, to the letter, as long as nothing is removed',
    async (format) => {
      const calls = fc.array(
        callOf(strings).filter(({ method }) => method !== 'remove' && method !== 'reset'),
        { size: '+1' },
      );
      await fc.assert(
        fc.asyncProperty(calls, constants, async (all, labels) => {
          const [own, peer] = [createOwn(labels), createPeer(library, labels)];
          for (const call of all) for (const { metrics } of [own, peer]) run(metrics, call);
          expect(await render(own.registry, format)).toBe(await render(promClientSource(peer.registry), format));
        }),
      );
    },
  );
});
