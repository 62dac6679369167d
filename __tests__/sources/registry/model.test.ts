import { createRegistry } from '../../../lib/sources/registry.ts';
import fc, { type Arbitrary } from '../../support/property.ts';
import { seriesOf } from '../../support/registries.ts';

const BOUNDS = [0, 2, 5];

type Operation =
  | { readonly kind: 'update'; readonly labels: string[]; readonly value: number; readonly byHandle: boolean }
  | { readonly kind: 'remove'; readonly labels: string[] }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'reset' }
  | { readonly kind: 'scrape' };

interface Limits {
  readonly maxSeries: number;
  readonly expireAfter?: number | undefined;
}

const TYPES = ['counter', 'gauge', 'histogram'] as const;
type Type = (typeof TYPES)[number];

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const operations = (labelCount: number): Arbitrary<Operation[]> => {
  const value = fc.constantFrom('a', 'b', 'c', 'd', 'other', 'a slice of a long string');
  const labels = fc.array(value, { minLength: labelCount, maxLength: labelCount });
  const update = fc.record({
    kind: fc.constant('update' as const),
    labels,
    value: fc.integer({ min: 0, max: 7 }),
    byHandle: fc.boolean(),
  });
  const others: Arbitrary<Operation> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), labels }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 60 }) }) },
    { weight: 2, arbitrary: fc.constant({ kind: 'scrape' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'reset' as const }) },
  );
  return fc.array(
    fc.oneof({ weight: 3, arbitrary: update as Arbitrary<Operation> }, { weight: 1, arbitrary: others }),
    {
      size: '+1',
    },
  );
};

const limits: Arbitrary<Limits> = fc.record({
  maxSeries: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(1_000)),
  expireAfter: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
});

/** The family in the plainest way: a map whose oldest entry is the one that was updated first. */
class Model {
  private readonly series = new Map<string, { numbers: number[]; updatedAt: number }>();
  private readonly type: Type;
  private readonly names: readonly string[];
  private readonly limits: Limits;
  private dropped = 0;

  constructor(type: Type, names: readonly string[], limits: Limits) {
    this.type = type;
    this.names = names;
    this.limits = limits;
    this.reset();
  }

  update(labels: readonly string[], value: number): void {
    this.expire(2);
    const key = this.key(labels);
    if (this.isExpired(key)) this.series.delete(key);
    const numbers = this.series.get(key)?.numbers ?? this.create(labels, value);
    if (numbers === undefined) return;
    if (this.type === 'counter') numbers[0]! += value;
    else if (this.type === 'gauge') numbers[0] = value;
    else numbers.push(value);
    this.series.delete(key);
    this.series.set(key, { numbers, updatedAt: performance.now() });
  }

  private create(labels: readonly string[], value: number): number[] | undefined {
    const isOther = labels.length > 0 && labels.every((value) => value === 'other');
    const counted = [...this.series.keys()].filter((key) => key !== this.key(this.names.map(() => 'other')));
    if (isOther || counted.length < this.limits.maxSeries) return this.type === 'histogram' ? [] : [0];
    this.dropped++;
    if (this.type !== 'gauge')
      this.update(
        this.names.map(() => 'other'),
        value,
      );
    return undefined;
  }

  private expire(limit: number): void {
    for (const key of [...this.series.keys()].slice(0, limit)) {
      if (!this.isExpired(key)) return;
      this.series.delete(key);
    }
  }

  private isExpired(key: string): boolean {
    const { expireAfter = Number.POSITIVE_INFINITY } = this.limits;
    return performance.now() - (this.series.get(key)?.updatedAt ?? Number.POSITIVE_INFINITY) >= expireAfter;
  }

  remove(labels: readonly string[]): void {
    this.series.delete(this.key(labels));
  }

  reset(): void {
    this.series.clear();
    if (this.names.length > 0) return;
    this.series.set('m', { numbers: this.type === 'histogram' ? [] : [0], updatedAt: performance.now() });
  }

  private key(labels: readonly string[]): string {
    return labels.length === 0 ? 'm' : `m{${labels.map((value, i) => `${this.names[i]}="${value}"`).join(',')}}`;
  }

  scraped(): Record<string, unknown> {
    this.expire(1_000_000);
    const values = [...this.series].map(([key, { numbers }]) => [
      key,
      this.type === 'histogram' ? histogramOf(numbers) : numbers[0],
    ]);
    const dropped = this.dropped > 0 && { 'metrics_series_dropped_total{family="m"}': this.dropped };
    return { ...Object.fromEntries(values), ...dropped };
  }
}

const histogramOf = (numbers: readonly number[]) => ({
  count: numbers.length,
  sum: numbers.reduce((sum, value) => sum + value, 0),
  bounds: BOUNDS,
  cumulativeCounts: BOUNDS.map((bound) => numbers.filter((value) => value <= bound).length),
});

/** The registry's metric, with one handle for each label set that is updated by handle. */
function createMetric(type: Type, labelNames: readonly string[], options: Limits) {
  const registry = createRegistry();
  const metric = registry[type]({
    name: 'm',
    help: 'h',
    labelNames,
    ...(type === 'histogram' && { buckets: BOUNDS }),
    ...options,
  });
  const method = { counter: 'inc', gauge: 'set', histogram: 'observe' }[type];
  const handles = new Map<string, Record<string, (value: number) => void>>();
  return {
    registry,
    metric,
    update(labels: readonly string[], value: number, byHandle: boolean): void {
      const object = Object.fromEntries(labelNames.map((name, i) => [name, labels[i]]));
      if (!byHandle) {
        const update = metric as unknown as Record<string, (...given: unknown[]) => void>;
        update[method]!(...(labels.length === 0 ? [value] : [object, value]));
        return;
      }
      const key = labels.join();
      const handle =
        handles.get(key) ?? (metric.labels(...labels) as unknown as Record<string, (value: number) => void>);
      handles.set(key, handle);
      handle[method]!(value);
    },
  };
}

describe.each(TYPES)('a %s', (type) => {
  test.each([0, 1, 2, 3])('with %i labels has the series of a plain model, whatever is done to it', async (count) => {
    const names = ['x', 'y', 'z'].slice(0, count);
    await fc.assert(
      fc.asyncProperty(operations(count), limits, async (all, options) => {
        const { registry, metric, update } = createMetric(type, names, options);
        const model = new Model(type, names, options);
        for (const operation of [...all, { kind: 'scrape' as const }]) {
          switch (operation.kind) {
            case 'update':
              update(operation.labels, operation.value, operation.byHandle);
              model.update(operation.labels, operation.value);
              break;
            case 'remove':
              metric.remove(...operation.labels);
              model.remove(operation.labels);
              break;
            case 'pass':
              jest.advanceTimersByTime(operation.ms);
              break;
            case 'reset':
              metric.reset();
              model.reset();
              break;
            case 'scrape':
              expect(await seriesOf(registry)).toEqual(model.scraped());
          }
        }
      }),
    );
  });
});
