import type { MetricsSource } from '../../../lib/index.ts';
import { type Counter, createRegistry, type Gauge, type Histogram } from '../../../lib/sources/registry.ts';
import { seriesOf } from '../../support/registries.ts';

// The expected mistakes are checked by `npm run typecheck`.
const help = 'h';

test('names of labels are checked without `as const`', async () => {
  const registry = createRegistry();
  const counter = registry.counter({ name: 'c', help, labelNames: ['queue', 'host'] });
  const typed: Counter<'queue' | 'host'> = counter;
  typed.inc({ queue: 'a', host: 1 }, 2, { trace_id: 'x' });
  counter.labels({ queue: 'a', host: true }).inc();
  counter.labels('a', 'b').inc(1);
  counter.remove({ queue: 'a', host: true });

  void (() => {
    // @ts-expect-error: a label is misspelt
    counter.inc({ queu: 'a', host: 'b' });
    // @ts-expect-error: a label is missing
    counter.inc({ queue: 'a' });
    // @ts-expect-error: it has labels
    counter.inc();
    // @ts-expect-error: it has labels
    counter.inc(1);
    // @ts-expect-error: a label may be undefined
    counter.inc({ queue: 'a', host: undefined as string | undefined });
    // @ts-expect-error: one label too many
    counter.labels({ queue: 'a', host: 'b', port: 1 });
    // @ts-expect-error: a label is misspelt
    counter.remove({ queue: 'a', hots: 'b' });
    // @ts-expect-error: a counter is not set
    counter.set({ queue: 'a', host: 'b' }, 1);
  });
  expect(await seriesOf(registry)).toEqual({ 'c{queue="a",host="1"}': 2, 'c{queue="a",host="b"}': 1 });
});

test('a metric without labels takes none', async () => {
  const registry = createRegistry();
  const gauge: Gauge = registry.gauge({ name: 'g', help });
  const histogram: Histogram = registry.histogram({ name: 'h', help, labelNames: [], buckets: [] });
  gauge.set(1);
  histogram.observe(2, { trace_id: 'x' });

  void (() => {
    // @ts-expect-error: it has no labels
    gauge.set({ queue: 'a' }, 1);
    // @ts-expect-error: a number is missing
    gauge.set();
    // @ts-expect-error: a number is missing
    histogram.observe();
    // @ts-expect-error: an exemplar has labels
    histogram.observe(1, 'trace');
  });
  expect(await seriesOf(registry)).toMatchObject({ g: 1, h: { count: 1 } });
});

test('a callback and a timer know the labels', async () => {
  const registry = createRegistry({ labels: { shard: 1 } });
  registry.gauge({
    name: 'g',
    help,
    labelNames: ['queue'],
    collect(gauge) {
      gauge.set({ queue: 'a' }, 1);
      this.set({ queue: 'b' }, 2);
      // @ts-expect-error: a label is misspelt
      void (() => gauge.set({ queu: 'a' }, 1));
      // @ts-expect-error: a label is misspelt
      void (() => this.set({ queu: 'a' }, 1));
    },
  });
  const histogram = registry.histogram({ name: 'h', help, labelNames: ['route', 'status'] });
  // @ts-expect-error: a label is misspelt
  void (() => histogram.startTimer({ rout: '/' }));
  expect(histogram.startTimer({ route: '/' })({ status: 200 })).toBeGreaterThanOrEqual(0);
  expect(Object.keys(await seriesOf(registry))).toEqual([
    'g{queue="a",shard="1"}',
    'g{queue="b",shard="1"}',
    'h{route="/",status="200",shard="1"}',
  ]);
});

test('label names that are known at run time only are strings', async () => {
  const registry = createRegistry();
  const labelNames: string[] = ['a'];
  const counter: Counter<string> = registry.counter({ name: 'c', help, labelNames });
  counter.inc({ a: 1 });
  const source: MetricsSource = registry;
  expect(await seriesOf(source)).toEqual({ 'c{a="1"}': 1 });
});
