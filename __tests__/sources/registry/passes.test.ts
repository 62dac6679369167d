import { readBatches } from '../../../lib/encoders/read-batches.ts';
import type { LabelSet, MetricFamily, Sample } from '../../../lib/model/metric-family.ts';
import { renderMetrics } from '../../../lib/render.ts';
import { createRegistry } from '../../../lib/sources/registry.ts';
import { scrape } from '../../support/collect.ts';
import fc, { type Arbitrary } from '../../support/property.ts';

/** Several batches. */
const SERIES = 900;
const TYPES = ['counter', 'gauge', 'histogram'] as const;

type Operation =
  | { readonly kind: 'churn'; readonly removed: number[]; readonly set: number[] }
  | { readonly kind: 'start'; readonly byBatch: boolean }
  | { readonly kind: 'read'; readonly pass: number; readonly samples: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'reset' };

const keys = fc.array(fc.integer({ min: 0, max: SERIES + 200 }), { maxLength: 60, size: 'max' });
const operations: Arbitrary<Operation[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('churn' as const), removed: keys, set: keys }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('start' as const), byBatch: fc.boolean() }) },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('read' as const),
        pass: fc.nat({ max: 3 }),
        samples: fc.integer({ min: 1, max: 300 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 90 }) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'reset' as const }) },
  ) as Arbitrary<Operation>,
  { minLength: 4, maxLength: 20, size: 'max' },
);

/** What a pass has read, as `key value`, and what there was when it started. */
class Pass {
  readonly read: string[] = [];
  private readonly family: MetricFamily;
  private readonly before: Set<LabelSet>;
  private readonly next: () => readonly Sample[];

  constructor(family: MetricFamily, byBatch: boolean) {
    this.family = family;
    this.before = labelSetsOf(family);
    if (byBatch) {
      const batches = readBatches(family.samples);
      this.next = () => (batches.next() as readonly Sample[] | undefined) ?? [];
    } else {
      const iterator = (family.samples as Iterable<Sample>)[Symbol.iterator]();
      // Reads nothing before the first step, which is when its pass starts.
      this.next = () => {
        const { done, value } = iterator.next();
        return done ? [] : [value];
      };
      this.step(1);
    }
  }

  step(samples: number): void {
    for (let count = 0; count < samples; ) {
      const batch = this.next();
      if (batch.length === 0) return;
      this.read.push(...batch.map(textOf));
      count += batch.length;
    }
  }

  /** Returns the series that were there from the beginning to now: their label sets are still the same objects. */
  lasting(): string[] {
    const now = [...(this.family.samples as Iterable<Sample>)];
    return now.filter(({ labels }) => this.before.has(labels)).map(textOf);
  }
}

const labelSetsOf = ({ samples }: MetricFamily) => new Set([...(samples as Iterable<Sample>)].map((it) => it.labels));
const textOf = ({ labels, value }: Sample) => `${labels.k} ${typeof value === 'object' ? value.sum : value}`;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
});

afterEach(() => {
  jest.useRealTimers();
});

describe.each(TYPES)('the passes over a %s', (type) => {
  test.each([
    ['whose series are kept', undefined],
    ['whose series expire', 100],
  ])('%s have no series twice, and each one that lasted once', (_name, expireAfter) => {
    fc.assert(
      fc.property(operations, (all) => {
        const registry = createRegistry();
        const options = { name: 'm', help: 'h', labelNames: ['k'], expireAfter };
        const metric = registry[type](options) as unknown as Record<string, (...given: unknown[]) => void>;
        // The value tells the series, and is the same each time that it is created.
        const create = (k: number) => {
          metric.remove!({ k });
          metric[{ counter: 'inc', gauge: 'set', histogram: 'observe' }[type]]!({ k }, k);
        };
        for (let k = 0; k < SERIES; k++) create(k);
        const [family] = registry.collect(scrape()) as unknown as [MetricFamily];
        const passes = [new Pass(family, true)];
        for (const operation of all) {
          switch (operation.kind) {
            case 'churn':
              for (const k of operation.removed) metric.remove!({ k });
              for (const k of operation.set) create(k);
              break;
            case 'start':
              passes.push(new Pass(family, operation.byBatch));
              break;
            case 'read':
              passes[operation.pass % passes.length]!.step(operation.samples);
              break;
            case 'wait':
              jest.advanceTimersByTime(operation.ms);
              registry.collect(scrape());
              break;
            case 'reset':
              metric.reset!();
          }
        }
        for (const pass of passes) {
          pass.step(Number.POSITIVE_INFINITY);
          const labels = pass.read.map((text) => text.split(' ')[0]);
          expect(new Set(labels).size).toBe(labels.length);
          expect(pass.read.filter((text) => !/^(\d+) \1$/.test(text))).toEqual([]);
          const read = new Set(pass.read);
          expect(pass.lasting().filter((text) => !read.has(text))).toEqual([]);
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('a family whose series change while a document is sent', () => {
  const COUNT = 20_000;

  test.each(['json', 'prometheus-text', 'openmetrics'] as const)(
    'is written with each of them once, as %s',
    async (format) => {
      jest.useRealTimers();
      const registry = createRegistry();
      const gauge = registry.gauge({ name: 'g', help: 'h', labelNames: ['k'], maxSeries: COUNT });
      for (let k = 0; k < COUNT; k++) gauge.set({ k: `k${k}` }, k);
      const chunks: Uint8Array[] = [];
      for await (const chunk of renderMetrics(registry, { format }).chunks) {
        chunks.push(chunk);
        if (chunks.length !== 2) continue;
        gauge.remove({ k: 'k0' });
        gauge.remove({ k: `k${COUNT - 1}` });
        gauge.set({ k: 'k0' }, 1);
        gauge.set({ k: 'fresh' }, 2);
      }
      expect(chunks.length).toBeGreaterThan(2);
      const text = Buffer.concat(chunks).toString();
      const found = text.match(/(?<=")k\d+(?=")/g) ?? [];
      expect(new Set(found).size).toBe(found.length);
      expect(found).toHaveLength(COUNT - 1);
      expect(text).not.toContain('fresh');
    },
  );
});

test('a slot that was used again is read by the passes that start later', () => {
  const registry = createRegistry();
  const gauge = registry.gauge({ name: 'g', help: 'h', labelNames: ['k'] });
  for (let k = 0; k < 3; k++) gauge.set({ k }, k);
  const [family] = registry.collect(scrape()) as unknown as [MetricFamily];
  const abandoned = (family.samples as Iterable<Sample>)[Symbol.iterator]();
  expect(textOf(abandoned.next().value)).toBe('0 0');
  gauge.remove({ k: 1 });
  gauge.set({ k: 7 }, 7);
  expect([...(family.samples as Iterable<Sample>)].map(textOf)).toEqual(['0 0', '7 7', '2 2']);
});
