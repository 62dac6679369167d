import { DataPointType, type ViewOptions } from '@opentelemetry/sdk-metrics';
import { scrape } from '../../support/collect.ts';
import { encode } from '../../support/encode.ts';
import { json } from '../../support/encoders.ts';
import { EXPONENTIAL, producer, type Telemetry, telemetry } from '../../support/open-telemetry.ts';
import fc from '../../support/property.ts';

/** Attribute sets that are equal as labels: `{ a_b: '1' }`. */
const EQUAL = [{ 'a.b': '1' }, { a_b: '1' }, { 'a.b': 1 }, { 'a-b': 1, c: undefined as never }];

const LABELS = { a_b: '1' };

async function onlyFamily({ collect }: Telemetry) {
  const { families, reports } = await collect();
  expect(families).toHaveLength(1);
  return { ...families[0]!, reports };
}

describe('series whose attributes become equal labels', () => {
  test('are added up if they are counters, behind the others, in all scopes', async () => {
    const own = telemetry();
    own.meter.createCounter('m').add(100, { 'a.b': '2' });
    for (const [i, attributes] of EQUAL.entries()) own.meter.createCounter('m').add(2 ** i, attributes);
    own.meterOf('other').createCounter('m').add(16, EQUAL[0]);
    own.meterOf('other').createCounter('m').add(200, { 'a.b': '3' });
    for (let scrapes = 0; scrapes < 3; scrapes++) {
      const { samples, reports } = await onlyFamily(own);
      expect(samples).toEqual([
        { labels: { a_b: '2' }, value: 100 },
        { labels: { a_b: '3' }, value: 200 },
        { labels: LABELS, value: 31 },
      ]);
      expect(reports).toEqual([]);
    }
  });

  test('are added up if they are up-down counters', async () => {
    const own = telemetry();
    for (const [i, attributes] of EQUAL.entries()) own.meter.createUpDownCounter('m').add(i - 5, attributes);
    expect(await onlyFamily(own)).toMatchObject({ samples: [{ labels: LABELS, value: -14 }], reports: [] });
  });

  test('are added up if they are histograms', async () => {
    const own = telemetry();
    const histogram = own.meter.createHistogram('m', { advice: { explicitBucketBoundaries: [1, 10] } });
    for (const [i, attributes] of EQUAL.entries()) histogram.record(4 * i, attributes);
    expect(await onlyFamily(own)).toMatchObject({
      samples: [{ labels: LABELS, value: { count: 4, sum: 24, bounds: [1, 10], cumulativeCounts: [1, 3] } }],
      reports: [],
    });
  });

  test('are added up if they are exponential histograms, whatever their scales', async () => {
    const [apart, together] = [{}, { attributes: { a_b: '1' } }].map(() => telemetry({}, { views: [EXPONENTIAL] }));
    for (const [i, attributes] of EQUAL.entries()) {
      for (const value of [0, -3, 2 ** i, 10 ** (4 * i)]) {
        apart!.meter.createHistogram('m').record(value, attributes);
        together!.meter.createHistogram('m').record(value, LABELS);
      }
    }
    const { samples, reports } = await onlyFamily(apart!);
    expect(samples).toEqual((await onlyFamily(together!)).samples);
    expect(reports).toEqual([]);
  });

  test('are added up without a sum if one of them has none', async () => {
    const value = { count: 2, buckets: { boundaries: [1], counts: [2, 0] } };
    const dataPoints = [
      { attributes: { a: 1 }, value: { ...value, sum: 1 } },
      { attributes: { a: '1' }, value },
    ];
    const made = producer([{ dataPointType: DataPointType.HISTOGRAM, dataPoints }]);
    const own = telemetry({ metricProducers: [made] });
    expect((await onlyFamily(own)).samples).toEqual([
      { labels: { a: '1' }, value: { count: 4, bounds: [1], cumulativeCounts: [4] } },
    ]);
  });

  test.each<[string, (own: Telemetry) => void, unknown]>([
    ['gauges', (own) => EQUAL.map((attributes, i) => own.meter.createGauge('m').record(7 + i, attributes)), 7],
    [
      'a gauge and an up-down counter of one name',
      (own) => {
        own.meter.createGauge('m').record(7, EQUAL[0]);
        for (const attributes of EQUAL.slice(1)) own.meterOf('other').createUpDownCounter('m').add(1, attributes);
      },
      7,
    ],
    [
      'histograms with other bounds',
      (own) => {
        for (const [i, attributes] of EQUAL.entries()) {
          const advice = { explicitBucketBoundaries: [1 + i] };
          own.meterOf(`scope ${i}`).createHistogram('m', { advice }).record(1, attributes);
        }
      },
      { count: 1, sum: 1, bounds: [1], cumulativeCounts: [1] },
    ],
  ])('are the first one alone if they are %s, and the others are reported', async (_what, record, value) => {
    const own = telemetry();
    record(own);
    for (let scrapes = 0; scrapes < 2; scrapes++) {
      const { samples, reports } = await onlyFamily(own);
      expect(samples).toEqual([{ labels: LABELS, value }]);
      expect(reports).toEqual(['scrape: family "m": 3 samples are left out: earlier ones have the same labels']);
    }
  });

  test('cost no measurement, whatever the attributes are', async () => {
    const value = fc.oneof(
      fc.constantFrom('1', 'true', '', '1;2', 'undefined'),
      fc.integer(),
      fc.boolean(),
      fc.string(),
    );
    const key = fc.constantFrom('a.b', 'a_b', 'a-b', 'A.b', 'b', '1b');
    const addition = fc.record({ attributes: fc.dictionary(key, value, { maxKeys: 3 }), amount: fc.nat(1000) });
    await fc.assert(
      fc.asyncProperty(fc.array(addition, { maxLength: 30 }), fc.boolean(), async (additions, isExponential) => {
        const views: ViewOptions[] = isExponential ? [{ ...EXPONENTIAL, instrumentName: 'histogram' }] : [];
        const own = telemetry({}, { views });
        for (const { attributes, amount } of additions) {
          own.meter.createCounter('counter').add(amount, attributes);
          own.meter.createUpDownCounter('level').add(-amount, attributes);
          own.meter.createHistogram('histogram').record(amount, attributes);
        }
        const { families, reports } = await own.collect();
        const total = additions.reduce((sum, { amount }) => sum + amount, 0);
        for (const { name, samples } of families) {
          const labels = samples.map((sample) => JSON.stringify(Object.entries(sample.labels).sort()));
          expect(new Set(labels).size).toBe(labels.length);
          const values = samples.map(({ value }) =>
            typeof value === 'number' ? value : (value as { sum: number }).sum,
          );
          expect(values.reduce((sum, value) => sum + value, 0)).toBe(name === 'level' ? -total : total);
          const counts = samples.map(({ value }) => (value as { count: number }).count);
          if (name === 'histogram') expect(counts.reduce((sum, count) => sum + count, 0)).toBe(additions.length);
        }
        expect(families).toHaveLength(additions.length > 0 ? 3 : 0);
        expect(reports).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

test('the event loop turns while equal labels are looked for in a large family', async () => {
  const own = telemetry({ cardinalitySelector: () => 5000 });
  const counter = own.meter.createCounter('m');
  for (let i = 0; i < 2560; i++) counter.add(1, { i });
  let now = performance.now();
  // Each look at the clock finds that the time slice is used up.
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => {
    now += 10;
    return now;
  });
  let turns = 0;
  const count = () => {
    turns++;
    immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  try {
    await own.source.collect(scrape());
  } finally {
    clearImmediate(immediate);
    clock.mockRestore();
  }
  expect(turns).toBeGreaterThanOrEqual(10);
});

test('what is left out of a family is reported once, though JSON reads it twice', async () => {
  const { source, meter } = telemetry();
  for (const value of ['1', 1]) meter.createGauge('m').record(1, { a: value });
  const reports: unknown[] = [];
  const families = await source.collect(scrape({ report: (error) => void reports.push(error) }));
  expect((await encode(json(), families)).text).toBe('{\n"m":{"type":"gauge","value":{"a":{"1":1.0}}}\n}\n');
  expect(reports).toEqual([expect.objectContaining({ code: 'ERR_METRICS_INVALID_SAMPLE' })]);
});
