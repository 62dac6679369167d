import { type AggregationOption, AggregationType } from '@opentelemetry/sdk-metrics';
import type { HistogramValue } from '../../../lib/model/metric-family.ts';
import {
  bucketLayout,
  type ExponentialHistogram,
  explicitBuckets,
} from '../../../lib/sources/opentelemetry/exponential-buckets.ts';
import { EXPONENTIAL, telemetry } from '../../support/open-telemetry.ts';
import fc from '../../support/property.ts';

/** A histogram, and a value for each of its observations: the bucket's farthest from 0, which is still in it. */
function made(scale: number, zeros: number, positive: [number, number[]], negative: [number, number[]]) {
  const farthest = (sign: number, [offset, counts]: [number, number[]]) =>
    counts.flatMap((count, i) =>
      new Array<number>(count).fill(sign * Math.min(2 ** ((offset + i + 1) / 2 ** scale), Number.MAX_VALUE)),
    );
  const values = [...farthest(1, positive), ...farthest(-1, negative), ...new Array<number>(zeros).fill(0)];
  const histogram: ExponentialHistogram = {
    count: values.length,
    scale,
    zeroCount: zeros,
    positive: { offset: positive[0], bucketCounts: positive[1] },
    negative: { offset: negative[0], bucketCounts: negative[1] },
  };
  return { histogram, values };
}

const anyHistogram = fc.integer({ min: -10, max: 20 }).chain((scale) => {
  const least = Math.ceil(-1022 * 2 ** scale) - 1;
  const most = Math.ceil(1024 * 2 ** scale) - 1;
  const buckets = fc.tuple(
    fc.oneof(fc.integer({ min: least, max: most }), fc.integer({ min: Math.max(least, -9), max: Math.min(most, 9) })),
    fc.array(fc.nat(3), { maxLength: Math.min(170, most - least + 1) }),
  );
  return fc
    .tuple(fc.nat(3), buckets, buckets)
    .map(([zeros, [start, counts], [negativeStart, negativeCounts]]) =>
      made(
        scale,
        zeros,
        [Math.min(start, most + 1 - counts.length), counts],
        [Math.min(negativeStart, most + 1 - negativeCounts.length), negativeCounts],
      ),
    );
});

const atMost = (bound: number, values: readonly number[]) => values.filter((value) => value <= bound).length;

test('the counts of any histograms are those of their values, at bounds that all of them have', () => {
  fc.assert(
    fc.property(
      fc.array(anyHistogram, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: -10, max: 20 }),
      (all, maxScale) => {
        const layout = bucketLayout(
          all.map(({ histogram }) => histogram),
          maxScale,
        );
        const { bounds } = layout;
        expect(layout.scale).toBeLessThanOrEqual(maxScale);
        expect(bounds.every((bound, i) => Number.isFinite(bound) && !(bound <= (bounds[i - 1] ?? -Infinity)))).toBe(
          true,
        );
        expect(bounds.length).toBeLessThanOrEqual(2 * 161 + 1);
        for (const { histogram, values } of all) {
          const value = explicitBuckets(histogram, layout);
          expect(value.bounds).toBe(bounds);
          expect(value.count).toBe(values.length);
          expect(value.cumulativeCounts).toEqual(bounds.map((bound) => atMost(bound, values)));
        }
      },
    ),
    { numRuns: 300 },
  );
});

const power = (exponent: number) => 2 ** exponent;
const anyValue = fc.oneof(
  fc.double({ min: 1e-300, max: 1e300, noNaN: true }),
  fc.double({ min: 0.001, max: 1000, noNaN: true }),
  fc.integer({ min: -1000, max: 1000 }).map(power),
  fc.integer({ min: -4, max: 4 }).map(power),
  fc.nat(100),
  fc.constant(0),
);
const anySign = fc.tuple(anyValue, fc.constantFrom(1, -1)).map(([value, sign]) => value * sign);

/** The SDK takes a logarithm, and may err by a few units in the last place: but not for powers of two. */
function countsAround(bound: number, values: readonly number[]): [surely: number, perhaps: number] {
  const isDoubtful = (value: number) =>
    value !== 0 && !Number.isInteger(Math.log2(Math.abs(value))) && Math.abs(value - bound) <= 1e-9 * Math.abs(value);
  const certain = values.filter((value) => !isDoubtful(value));
  return [atMost(bound, certain), atMost(bound, certain) + values.length - certain.length];
}

/** The bounds at which the counts are not those of the values. */
function wrongBounds({ bounds, cumulativeCounts }: HistogramValue, values: readonly number[]): number[] {
  return bounds.filter((bound, i) => {
    const [surely, perhaps] = countsAround(bound, values);
    const count = cumulativeCounts[i] as number;
    return count < surely || count > perhaps;
  });
}

const anyScrapes = fc.array(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), anySign), { maxLength: 30 }), {
  maxLength: 4,
});

test('what the SDK was told is what is counted, scrape after scrape, in bounds that the series share', async () => {
  async function check(scrapes: [string, number][][], maxSize: number, maxScale: number) {
    const aggregation = {
      type: AggregationType.EXPONENTIAL_HISTOGRAM,
      options: { maxSize },
    } satisfies AggregationOption;
    const { meter, collect } = telemetry({ maxScale }, { views: [{ instrumentName: 'depth', aggregation }] });
    const gauge = meter.createGauge('depth');
    const told = new Map<string, number[]>();
    for (const scrape of scrapes) {
      for (const [series, value] of scrape) {
        gauge.record(value, { series });
        told.set(series, [...(told.get(series) ?? []), value]);
      }
      const { families, reports } = await collect();
      const samples = families.flatMap((family) => family.samples);
      const histograms = samples.map(({ value }) => value as HistogramValue);
      expect(reports).toEqual([]);
      expect(samples.map(({ labels }) => labels.series)).toEqual([...told.keys()]);
      expect(histograms.map(({ count }) => count)).toEqual([...told.values()].map(({ length }) => length));
      expect(new Set(histograms.map(({ bounds }) => bounds)).size).toBe(Math.min(1, told.size));
      const values = [...told.values()];
      expect(histograms.map((histogram, i) => wrongBounds(histogram, values[i] as number[]))).toEqual(
        values.map(() => []),
      );
    }
  }
  await fc.assert(fc.asyncProperty(anyScrapes, fc.constantFrom(160, 2, 5, 20), fc.constantFrom(2, 0, 8, 20), check));
});

/** The bounds after each of the values. */
async function boundsAfter(values: readonly number[], maxScale: number) {
  const { meter, collect } = telemetry({ maxScale }, { views: [EXPONENTIAL] });
  const histogram = meter.createHistogram('latency');
  const bounds: (readonly number[])[] = [];
  for (const observed of values) {
    histogram.record(observed);
    const [family] = (await collect()).families;
    const value = family?.samples[0]?.value as HistogramValue | undefined;
    bounds.push(value?.bounds ?? []);
  }
  return bounds;
}

test('bounds stay when values fall between them, and none goes when they spread', async () => {
  const bounds = await boundsAfter([0.01, 1.5, 0.3, 0, 0.7, 1.49, 20, 0.0001, 3000, 5], 2);
  expect(bounds[2]).toEqual(bounds[1]);
  expect(bounds[3]).toEqual(bounds[1]);
  expect(bounds[5]).toEqual(bounds[1]);
  bounds.forEach((later, i) => {
    expect(later).toEqual(expect.arrayContaining([...(bounds[i - 1] ?? [])]));
  });
});

test('where the values spread farther than the bounds reach, every other one goes', async () => {
  const [before, after] = (await boundsAfter([1, 2 ** 39, 2 ** 41], 2)).slice(1) as [number[], number[]];
  expect(before.slice(1, 6)).toEqual([2 ** -0.25, 1, 2 ** 0.25, 2 ** 0.5, 2 ** 0.75]);
  expect(after.slice(1, 4)).toEqual([2 ** -0.5, 1, 2 ** 0.5]);
});

test('no values at all, or zeros alone, are counted at 0', () => {
  for (const zeros of [0, 3]) {
    const { histogram } = made(0, zeros, [0, []], [0, []]);
    const layout = bucketLayout([histogram], 2);
    expect(explicitBuckets(histogram, layout)).toEqual({ count: zeros, bounds: [0], cumulativeCounts: [zeros] });
  }
});

test('the zero bucket reaches as far as its threshold', () => {
  const { histogram } = made(0, 2, [-2, [0, 4, 8]], [-1, [1, 16]]);
  const wide = { ...histogram, zeroThreshold: 0.75, sum: 1 };
  expect(explicitBuckets(wide, bucketLayout([wide], 0))).toMatchObject({
    count: 31,
    sum: 1,
    bounds: [-2, -1, -0.5, 0.75, 1, 2].map((bound) => (bound < 0 ? expect.closeTo(bound, 10) : bound)),
    cumulativeCounts: [0, 16, 17, 19, 23, 31],
  });
});

test('a threshold beyond all buckets has everything below it', () => {
  const { histogram } = made(0, 2, [-2, [3, 4]], [0, []]);
  const wide = { ...histogram, zeroThreshold: 8 };
  expect(explicitBuckets(wide, bucketLayout([wide], 0))).toMatchObject({ bounds: [8], cumulativeCounts: [9] });
});
