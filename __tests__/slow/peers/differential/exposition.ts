import fc, { type Arbitrary } from '../../../support/property.ts';

/** A line of a document with a value. */
export interface SeriesLine {
  readonly name: string;
  /** Texts as they stand between the quotes. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
  /** Milliseconds since the Unix epoch. */
  readonly time?: number;
  readonly exemplar?: string;
}

/** What a document says of one family. */
export interface Exposed {
  readonly name: string;
  readonly type: string;
  readonly headers: readonly string[];
  readonly series: readonly SeriesLine[];
}

export type Format = 'text' | 'openmetrics';

const LABEL_SETS = [{}, { a: 'x' }, { a: 'y' }, { a: 'x', b: '1' }, { b: 'q\\"{,}\\\\\\n' }];
const labelSets = fc.uniqueArray(fc.constantFrom(...LABEL_SETS), { minLength: 1, maxLength: 3 });
const numbers = fc.oneof(
  fc.integer({ min: -10, max: 10 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('+Inf', '-Inf', 'NaN', '1e3'),
);
const counts = fc.integer({ min: 0, max: 20 });

const exposed = (name: string, type: string, series: Arbitrary<readonly SeriesLine[]>): Arbitrary<Exposed> =>
  series.map((lines) => ({ name, type, headers: headersOf(name, type), series: lines }));

export const headersOf = (name: string, type: string) => [`# HELP ${name} text of ${name}`, `# TYPE ${name} ${type}`];

/** Series of samples, of which each has a label set of its own. */
function samples(lines: (labels: Readonly<Record<string, string>>) => Arbitrary<readonly SeriesLine[]>) {
  return labelSets.chain((sets) => fc.tuple(...sets.map(lines)).map((each) => each.flat()));
}

const simple = (name: string, value: Arbitrary<string>) =>
  samples((labels) => value.map((text) => [{ name, labels, value: text }]));

function histogram(name: string): Arbitrary<readonly SeriesLine[]> {
  const buckets = fc.array(counts, { minLength: 1, maxLength: 4 });
  const bounds = fc.constantFrom(['0.005', '0.5', '1', '2.5'], ['0', '1', '10', '1e+06'], ['-1', '0', '0.5', '20']);
  return samples((labels) =>
    fc.tuple(bounds, buckets, counts, numbers).map(([texts, each, above, sum]) => {
      let total = 0;
      const lines = each.map((count, i) => {
        total += count;
        return { name: `${name}_bucket`, labels: { ...labels, le: texts[i] as string }, value: `${total}` };
      });
      const count = `${total + above}`;
      return [
        ...lines,
        { name: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
        { name: `${name}_sum`, labels, value: sum },
        { name: `${name}_count`, labels, value: count },
      ];
    }),
  );
}

function summary(name: string): Arbitrary<readonly SeriesLine[]> {
  const quantiles = fc.subarray(['0', '0.5', '0.99', '1']);
  return samples((labels) =>
    fc
      .tuple(quantiles, numbers, counts)
      .map(([texts, value, count]) => [
        ...texts.map((quantile) => ({ name, labels: { ...labels, quantile }, value })),
        { name: `${name}_sum`, labels, value },
        { name: `${name}_count`, labels, value: `${count}` },
      ]),
  );
}

/** Families of a valid document, one of each type. */
export function validFamilies(format: Format): Arbitrary<readonly Exposed[]> {
  const isText = format === 'text';
  return fc.tuple(
    exposed('requests_total', 'counter', simple('requests_total', counts.map(String))).map((family) =>
      isText ? family : renamed(family, 'requests'),
    ),
    exposed('temperature', 'gauge', simple('temperature', numbers)),
    exposed('latency', 'histogram', histogram('latency')),
    exposed('wait', 'summary', summary('wait')),
    // As many programs call them.
    ...(isText ? [exposed('sent', 'counter', simple('sent', counts.map(String)))] : []),
    exposed('other', isText ? 'untyped' : 'unknown', simple('other', numbers)),
  );
}

/** The family with another name in its headers. */
export function renamed(family: Exposed, name: string): Exposed {
  return { ...family, name, headers: headersOf(name, family.type) };
}

/** The text of a line, without the line feed. */
export function textOf({ name, labels, value, time, exemplar = '' }: SeriesLine, format: Format): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
  const stamp = time === undefined ? '' : ` ${format === 'text' ? time : time / 1000}`;
  return `${name}${pairs.length === 0 ? '' : `{${pairs}}`} ${value}${stamp}${exemplar}`;
}
