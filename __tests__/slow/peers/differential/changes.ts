import fc, { type Arbitrary } from '../../../support/property.ts';
import { shuffled } from './arrangements.ts';
import { type Exposed, headersOf, type SeriesLine } from './exposition.ts';

/** Breaks families of a valid document, before their lines are arranged. */
export type Change = (families: readonly Exposed[]) => Arbitrary<readonly Exposed[]>;

const NOW = Date.now();

/** Changes the series of the families of a type, each sample of them in its own way. */
const changing =
  (type: string, change: (series: readonly SeriesLine[]) => Arbitrary<readonly SeriesLine[]>): Change =>
  (families) =>
    fc.tuple(
      ...families.map((family) =>
        family.type === type ? change(family.series).map((series) => ({ ...family, series })) : fc.constant(family),
      ),
    );

/** Replaces some lines, at least one, of those that the function gives another one for. */
const replacing =
  (other: (line: SeriesLine) => Arbitrary<readonly SeriesLine[]> | undefined) =>
  (series: readonly SeriesLine[]): Arbitrary<readonly SeriesLine[]> => {
    const positions = [...series.keys()].filter((i) => other(series[i] as SeriesLine) !== undefined);
    return fc
      .subarray(positions, { minLength: Math.min(1, positions.length) })
      .chain((chosen) =>
        fc
          .tuple(
            ...series.map((line, i) =>
              chosen.includes(i) ? (other(line) as Arbitrary<readonly SeriesLine[]>) : fc.constant([line]),
            ),
          )
          .map((lines) => lines.flat()),
      );
  };

const withLabels = (line: SeriesLine, labels: SeriesLine['labels']): SeriesLine => ({ ...line, labels });
const isBucket = ({ name }: SeriesLine) => name.endsWith('_bucket');
const isInfinite = ({ labels }: SeriesLine) => labels.le === '+Inf';
const count = fc.integer({ min: 0, max: 60 }).map(String);

/** Other spellings of a number. */
function spellings(text: string): string[] {
  if (text === '+Inf') return ['Inf', 'inf', '+inf', 'Infinity'];
  const [, sign = '', digits = ''] = /^(-?)(.*)$/.exec(text) ?? [];
  const decimal = digits.includes('e') ? digits : `${digits}${digits.includes('.') ? '' : '.'}0`;
  return [
    `${sign}0${digits}`,
    `${sign}${decimal}`,
    ...(sign === '' ? [`+${digits}`] : []),
    `${Number(text).toExponential()}`,
  ];
}

const respelled = replacing((line) =>
  isBucket(line)
    ? fc
        .tuple(fc.constantFrom(...spellings(line.labels.le as string)), count, fc.boolean())
        .map(([le, value, isAdded]) => {
          const other = withLabels(line, { ...line.labels, le });
          return isAdded ? [line, { ...other, value }] : [other];
        })
    : undefined,
);
const repeated = replacing((line) => count.map((value) => [line, { ...line, value }]));
export const unsortedBuckets = changing('histogram', (series) =>
  respelled(series)
    .chain((lines) => repeated(lines))
    .chain((lines) => shuffled(lines)),
);

export const negativeInfinity = changing(
  'histogram',
  replacing((line) => {
    if (!isInfinite(line)) return undefined;
    return fc
      .constantFrom('0', '0', '0', '1')
      .map((value) => [{ ...withLabels(line, { ...line.labels, le: '-Inf' }), value }, line]);
  }),
);

/** Some lines are missing, others have another value. */
export const disagreeing = changing(
  'histogram',
  replacing((line) =>
    line.name.endsWith('_sum')
      ? undefined
      : fc.oneof(
          fc.constant([]),
          count.map((value) => [{ ...line, value }]),
        ),
  ),
);

export const ranges = changing(
  'histogram',
  replacing((line) => {
    if (!isBucket(line)) return undefined;
    const { le, ...labels } = line.labels;
    return fc.constant([withLabels(line, { ...labels, vmrange: `0...${le}` })]);
  }),
);

export const fractions = changing(
  'histogram',
  replacing((line) =>
    line.name.endsWith('_sum')
      ? undefined
      : fc.constantFrom('0.5', '-1', 'NaN', '+Inf').map((value) => [{ ...line, value }]),
  ),
);

export const countless = changing(
  'summary',
  replacing(({ name }) => (name.endsWith('_count') ? fc.constant([]) : undefined)),
);

export const oddQuantiles = changing(
  'summary',
  replacing((line) =>
    line.name.endsWith('_count')
      ? fc
          .constantFrom(['-0.1'], ['99'], ['NaN'], ['0.5', '0.50'], ['high'])
          .map((texts) => [
            ...texts.map((quantile) => ({ ...line, name: 'wait', labels: { ...line.labels, quantile } })),
            line,
          ])
      : undefined,
  ),
);

export const foreign = changing(
  'histogram',
  replacing((line) =>
    fc
      .constantFrom('latency_max', 'latency', 'late', 'latency_buckets', 'latency_bucket_total', 'temperature_max')
      .map((name) => [{ ...line, name, value: '7' }, line]),
  ),
);

/** Changes each line of all families. */
const changingAll =
  (change: (line: SeriesLine) => Arbitrary<SeriesLine>): Change =>
  (families) =>
    fc.tuple(
      ...families.map((family) => fc.tuple(...family.series.map(change)).map((series) => ({ ...family, series }))),
    );

/** The labels of each line in an order of its own, some of them empty, which is the same as none. */
export const reordered = changingAll((line) =>
  fc
    .tuple(fc.subarray(['none', 'nothing']), fc.nat())
    .chain(([names]) => shuffled([...Object.entries(line.labels), ...names.map((name) => [name, ''] as const)]))
    .map((labels) => withLabels(line, Object.fromEntries(labels))),
);

/** Bounds that are no numbers, or none that a histogram has. */
export const oddBounds = changing(
  'histogram',
  replacing((line) =>
    isBucket(line)
      ? fc
          .constantFrom('NaN', '', 'low', '0x1p0', '1_0', ' 1', '1e400')
          .map((le) => [line, withLabels(line, { ...line.labels, le })])
      : undefined,
  ),
);

/** `le` and `quantile` on lines that do not need them. */
export const foreignKeys = changingAll((line) =>
  fc
    .tuple(fc.constantFrom({}, {}, { le: '1' }, { quantile: '0.5' }, { le: 'x', quantile: '' }), fc.boolean())
    .map(([keys, isFirst]) =>
      withLabels(line, isFirst ? { ...keys, ...line.labels } : { ...line.labels, ...keys, ...line.labels }),
    ),
);

const LIMITS = ['5e-324', '4.9406564584124654e-324', '1e-400', '2.2250738585072011e-308', '1.7976931348623157e308']
  .concat(['-0', '1e23', '8.41e21', '9007199254740993', '123456789012345678901234567890', '0.1e1', '.5', '5.', '+3'])
  .concat([
    'nan',
    'inf',
    '+Infinity',
    '-iNF',
    '0.30000000000000004',
    '100000000000000016777215',
    '6.631236846766476e-316',
  ]);

/** Numbers at the limits of a double, and spelled in any way. */
export const extremes = changingAll((line) =>
  /^(temperature|other)$/.test(line.name)
    ? fc.constantFrom(...LIMITS).map((value) => ({ ...line, value }))
    : fc.constant(line),
);

/** Headers of the parts of a histogram and a summary, before or after them, some of which have another type. */
export const partHeaders: Change = (families) =>
  fc
    .subarray(['latency_bucket', 'latency_sum', 'latency_count', 'wait_sum', 'wait_count'], { minLength: 1 })
    .chain((names) =>
      fc.tuple(...names.map((name) => fc.constantFrom('gauge', 'summary').map((type) => nameless(name, type)))),
    )
    .chain((more) => shuffled([...families, ...more]));

/** Each series at several moments in any order, of which the last one has its value. It may be without a timestamp. */
export const timed: Change = (families) => {
  const moments = fc.tuple(
    fc.boolean(),
    fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 3 }),
  );
  const change = (line: SeriesLine) =>
    fc.tuple(moments, fc.tuple(count, count, count)).map(([[isUntimed, ages], values]) => {
      const latest = Math.min(...ages);
      return ages.map((age, i) => {
        if (age !== latest) return { ...line, value: values[i] as string, time: NOW - 1000 * age };
        return isUntimed ? line : { ...line, time: NOW - 1000 * age };
      });
    });
  return fc.tuple(
    ...families.map((family) =>
      fc
        .tuple(...family.series.map(change))
        .chain((lines) => shuffled(lines.flat()))
        .map((series) => ({ ...family, series })),
    ),
  );
};

export const twice: Change = (families) =>
  fc.tuple(...families.map((family) => repeated(family.series).map((series) => ({ ...family, series }))));

/** Families that only have headers, some of them next to series whose names begin with theirs. */
export const empty: Change = (families) =>
  fc
    .subarray(['requests', 'other', 'late', 'requests_created'], { minLength: 1 })
    .chain((names) =>
      fc
        .tuple(
          ...names.map((name) => fc.constantFrom('counter', 'gauge', 'summary').map((type) => nameless(name, type))),
        )
        .chain((more) => shuffled([...families, ...more])),
    );

export const nameless = (name: string, type: string): Exposed => ({
  name,
  type,
  headers: headersOf(name, type),
  series: [],
});
