import { inspect } from 'node:util';
import { seriesLabelsKey } from '../../lib/model/labels.ts';
import type { HistogramValue, LabelSet, SummaryValue } from '../../lib/model/metric-family.ts';
import type { ParseContext } from '../../lib/model/parser.ts';
import { parseOpenMetrics, parsePrometheusText } from '../../lib/parsers/prometheus-text.ts';
import { anyLines } from '../slow/peers/differential/any-lines.ts';
import { BREAKAGES } from '../slow/peers/differential/breakages.ts';
import type { Format } from '../slow/peers/differential/exposition.ts';
import { type ReadFamily, readAll } from '../support/parsed.ts';
import fc from '../support/property.ts';

jest.setTimeout(60_000);

const EOF_LINE = '# EOF';

const FORMATS: readonly Format[] = ['text', 'openmetrics'];
const documents = fc
  .oneof(
    fc.constantFrom(...FORMATS).map((format) => ({ format, lines: anyLines(format) })),
    fc.constantFrom(...BREAKAGES),
  )
  .chain(({ format, lines }) => fc.record({ format: fc.constant(format), lines }));

interface Document {
  readonly format: Format;
  readonly lines: readonly string[];
}

/** Parses a document that arrives in chunks of `size` bytes. Returns the families and all reports. */
async function read({ format, lines }: Document, size?: number, context: Partial<ParseContext> = {}) {
  const reports: string[] = [];
  const dropped = { late: 0, lateNames: [] as string[], samples: 0 };
  const parse = format === 'text' ? parsePrometheusText() : parseOpenMetrics();
  const families = await readAll(parse, `${lines.join('\n')}\n`, size, {
    onRepair: ({ family, message }) => reports.push(`${family}: ${message}`),
    onDropped: ({ message }, family) => {
      reports.push(`${family}: ${message}`);
      const late = countIn(/(\d+) of its series came after it had left the buffer/, message);
      dropped.late += late;
      if (late > 0) dropped.lateNames.push(family);
      dropped.samples += countIn(/(\d+) of the samples were dropped/, message);
    },
    ...context,
  });
  return { families, reports, dropped };
}

const countIn = (pattern: RegExp, message: string) => Number(pattern.exec(message)?.[1] ?? 0);

/** The values of the series by names and labels. The spellings of a bound or a quantile are one. */
function seriesOf(families: readonly ReadFamily[]): Map<string, number> {
  const series = new Map<string, number>();
  const add = (name: string, labels: LabelSet, value: number) =>
    series.set(`${name} ${seriesLabelsKey(Object.fromEntries(Object.entries(labels).map(respelled)))}`, value);
  for (const { name, type, samples } of families) {
    for (const { labels, value } of samples) {
      if (typeof value === 'number') add(name, labels, value);
      else {
        const keyedName = type === 'histogram' ? `${name}_bucket` : name;
        for (const [label, key, item] of keyed(type, value)) add(keyedName, { ...labels, [label]: `${key}` }, item);
        if (value.sum !== undefined) add(`${name}_sum`, labels, value.sum);
        add(`${name}_count`, labels, value.count);
      }
    }
  }
  return series;
}

function keyed(type: string, value: HistogramValue | SummaryValue): [label: string, key: number, value: number][] {
  if (type === 'summary') {
    const { quantiles, values } = value as SummaryValue;
    return quantiles.map((quantile, i) => ['quantile', quantile, values[i] as number]);
  }
  const { bounds, cumulativeCounts, count } = value as HistogramValue;
  return [...bounds, Number.POSITIVE_INFINITY].map((bound, i) => ['le', bound, cumulativeCounts[i] ?? count]);
}

function respelled([label, text]: [string, unknown]): [string, string] {
  const number = Number(`${text}`.replace(/inf(inity)?$/i, 'Infinity'));
  return [label, ['le', 'quantile'].includes(label) && text !== '' && !Number.isNaN(number) ? `${number}` : `${text}`];
}

/** The series of a document without headers, in which none is a part of another one, and whether some come again. */
async function plainSeries({ format, lines }: Document) {
  const plain = lines.filter((line) => !/^\s*(#|$)/.test(line));
  const end = format === 'text' ? [] : [EOF_LINE];
  const series = seriesOf((await read({ format, lines: [...plain, ...end] })).families);
  return { series, isRepeated: plain.length > series.size };
}

/** The -Inf bucket of a histogram, which holds nothing. */
const isDroppedBucket = (series: string) => series.includes('"le","-Infinity"');

/** The names of the series of families, each of which is of one family only. */
const namesOf = (families: readonly ReadFamily[]) =>
  families.flatMap(({ name, type, samples }) => {
    if (samples.length === 0) return [];
    if (type !== 'histogram' && type !== 'summary') return [name];
    return [type === 'histogram' ? `${name}_bucket` : name, `${name}_sum`, `${name}_count`];
  });

/** The label sets that came twice in one family. */
function repeated(families: readonly ReadFamily[]): string[] {
  return families.flatMap(({ name, samples }) => {
    const keys = samples.map(({ labels }) => `${name} ${seriesLabelsKey(labels)}`);
    return keys.filter((key, i) => keys.indexOf(key) !== i);
  });
}

/** The series whose values differ, except for those of histograms, which may have been repaired. */
function differing(families: readonly ReadFamily[], expected: ReadonlyMap<string, number>): string[] {
  const served = seriesOf(families.filter(({ type }) => type !== 'histogram'));
  return [...served].filter(([one, value]) => !Object.is(expected.get(one), value)).map(([one]) => one);
}

test('a document is read and reported in the same way, however its bytes are split', async () => {
  await fc.assert(
    fc.asyncProperty(documents, fc.integer({ min: 1, max: 200 }), async (document, size) => {
      expect(inspect(await read(document, size), { depth: null })).toBe(inspect(await read(document), { depth: null }));
    }),
    { numRuns: 300 },
  );
});

test('every series of a document is in one of the families', async () => {
  await fc.assert(
    fc.asyncProperty(documents, async (document) => {
      const { families, dropped } = await read(document);
      const series = seriesOf(families);
      const { series: expected, isRepeated } = await plainSeries(document);
      expect([...expected.keys()].filter((one) => !series.has(one) && !isDroppedBucket(one))).toEqual([]);
      if (!isRepeated) expect(differing(families, expected)).toEqual([]);
      expect(repeated(families)).toEqual([]);
      expect(dropped).toEqual({ late: 0, lateNames: [], samples: 0 });
    }),
    { numRuns: 300 },
  );
});

test('of a document that is larger than the buffer, every series is served or counted as dropped', async () => {
  let late = 0;
  await fc.assert(
    fc.asyncProperty(
      documents,
      fc.integer({ min: 1, max: 200 }),
      fc.constantFrom(1, 300, 1_000, 3_000),
      async (document, size, maxJoinBytes) => {
        const { families, dropped } = await read(document, size, { maxJoinBytes });
        const series = seriesOf(families);
        const { series: expected, isRepeated } = await plainSeries(document);
        const missing = [...expected.keys()].filter((one) => !series.has(one));
        late += dropped.late;
        expect(namesOf(families).filter((name, i, names) => names.indexOf(name) !== i)).toEqual([]);
        // Only of families that were served before.
        expect(families.map(({ name }) => name)).toEqual(expect.arrayContaining(dropped.lateNames));
        // A sample that was dropped has several series.
        if (dropped.samples === 0) {
          expect(dropped.late).toBeGreaterThanOrEqual(missing.filter((one) => !isDroppedBucket(one)).length);
        }
        if (isRepeated) return;
        expect(differing(families, expected)).toEqual([]);
        // The count of a histogram may have come late, and may have been made from its buckets.
        if (families.every(({ type }) => type !== 'histogram'))
          expect(dropped.late).toBeLessThanOrEqual(missing.length);
      },
    ),
    { numRuns: 700 },
  );
  expect(late).toBeGreaterThan(100);
});
