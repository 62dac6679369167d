import type { LabelSet, MetricFamily, MetricType, Sample } from '../../lib/model/metric-family.ts';
import fc, { type Arbitrary } from './property.ts';

export const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('__proto__', 'constructor', 'toString', '0', '42', '-1', 'le', 'quantile', '"', '\\', '\n', '# EOF'),
);

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const number = fc.oneof(fc.double(), fc.integer());

/** Label sets with unique names that no format reserves. */
const labels = (name: Arbitrary<string>): Arbitrary<LabelSet> =>
  fc
    .uniqueArray(fc.tuple(name.filter(isFree), anyText), { selector: ([key]) => key, maxLength: 4 })
    .map((entries) => Object.fromEntries(entries));

const isFree = (name: string) => !['', '@', '__name__', 'le', 'quantile'].includes(name);

const exemplar = (name: Arbitrary<string>) =>
  fc.record(
    {
      labels: fc
        .uniqueArray(fc.tuple(name.filter(isFree), fc.string({ unit: 'binary', maxLength: 9 })), {
          selector: ([key]) => key,
          maxLength: 2,
        })
        .map((entries): LabelSet => Object.fromEntries(entries.map(([key, text]) => [key.slice(0, 40), text]))),
      value: number,
      timestamp: finite,
    },
    { requiredKeys: ['labels', 'value'] },
  );

function value(type: MetricType, name: Arbitrary<string>): Arbitrary<Sample['value']> {
  if (type !== 'histogram' && type !== 'summary') return number;
  const totals = { count: fc.nat(), sum: number };
  const pairs = fc.uniqueArray(fc.tuple(finite, number), { selector: ([key]) => key + 0, maxLength: 5 });
  return fc
    .tuple(
      fc.record(totals, { requiredKeys: ['count'] }),
      pairs,
      fc.array(fc.option(exemplar(name), { nil: undefined })),
    )
    .map(([{ count, sum }, pairs, exemplars]) => {
      const keys = pairs.map(([key]) => key);
      const values = pairs.map(([, value]) => value);
      const both = sum === undefined ? { count } : { count, sum };
      if (type === 'summary') return { ...both, quantiles: keys, values };
      return { ...both, bounds: keys, cumulativeCounts: values, exemplars: exemplars.slice(0, keys.length + 1) };
    });
}

const sample = (type: MetricType, name: Arbitrary<string>): Arbitrary<Sample> =>
  fc.record(
    { labels: labels(name), value: value(type, name), exemplar: exemplar(name) },
    { requiredKeys: ['labels', 'value'] },
  ) as Arbitrary<Sample>;

const TYPES: MetricType[] = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];

/** Families with unique names and label sets. Two names differ in more than `_total`. */
export function families(name: Arbitrary<string>): Arbitrary<MetricFamily[]> {
  const family = fc.constantFrom(...TYPES).chain((type) =>
    fc.record(
      {
        name: name.filter((text) => text !== '' && !/^_total$|_(bucket|sum|count)$/.test(text)),
        help: anyText,
        type: fc.constant(type),
        samples: fc.uniqueArray(sample(type, name), {
          selector: ({ labels }) => JSON.stringify(Object.entries(labels).sort()),
          maxLength: 6,
        }),
      },
      { requiredKeys: ['name', 'type', 'samples'] },
    ),
  );
  return fc.uniqueArray(family, { selector: ({ name }) => name.replace(/_total$/, ''), maxLength: 4 }) as Arbitrary<
    MetricFamily[]
  >;
}
