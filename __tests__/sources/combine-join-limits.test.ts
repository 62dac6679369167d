import { combineSources, type MetricFamily, type MetricsSource, type Sample } from '../../lib/index.ts';
import { FamilyBuffer } from '../../lib/sources/combine/family-buffer.ts';
import type { FamilySegment } from '../../lib/sources/combine/family-segment.ts';
import { SourceCursor } from '../../lib/sources/combine/source-cursor.ts';
import { SourceReader } from '../../lib/sources/combine/source-reader.ts';
import { openAccount } from '../../lib/util/cache-budget.ts';
import { Stopwatch } from '../../lib/util/stopwatch.ts';
import { type Collected, scrape } from '../support/collect.ts';
import fc from '../support/property.ts';

/** What one sample of these tests is estimated at: its labels are `{ n: … }`. */
const SAMPLE = 64 + 48;

/** Counts the samples that were pulled from sources and not yet handed out. */
class Held {
  now = 0;
  most = 0;

  source(index: number, families: readonly (readonly [name: string, length: number])[]): MetricsSource {
    const held = this;
    async function* samples(length: number): AsyncGenerator<Sample> {
      for (let n = 0; n < length; n++) {
        held.most = Math.max(held.most, ++held.now);
        yield { labels: { n: `${index}` }, value: n };
      }
    }
    return {
      async *collect() {
        for (const [name, length] of families) yield { name, type: 'gauge', samples: samples(length) };
      },
    };
  }

  async collect(source: MetricsSource): Promise<Collected> {
    const reports: string[] = [];
    const report = (error: unknown, name?: string) => void reports.push(`${name}: ${(error as Error).message}`);
    const families: Collected['families'] = [];
    for await (const { name, type, samples } of source.collect(scrape({ report })) as AsyncIterable<MetricFamily>) {
      const read: Sample[] = [];
      for await (const sample of samples) {
        this.now--;
        read.push(sample);
      }
      families.push({ name, type, samples: read });
    }
    return { families, reports };
  }
}

type Document = readonly (readonly [name: string, length: number])[];

async function joined(documents: readonly Document[], maxBuffered?: number, scrapes = 1) {
  const held = new Held();
  const sources = documents.map((families, i) => held.source(i, families));
  const source = combineSources(sources, { join: true, maxBuffered });
  let collected = await held.collect(source);
  for (let n = 1; n < scrapes; n++) collected = await held.collect(source);
  return { ...collected, held: held.most };
}

/** How many samples each name should have, and has. */
const lengths = ({ families }: Collected) =>
  Object.fromEntries(families.map(({ name, samples }) => [name, samples.length]));
function allOf(documents: readonly Document[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const [name, length] of documents.flat()) all[name] = (all[name] ?? 0) + length;
  return all;
}

const numbered = (prefix: string, count: number, length: number): Document =>
  Array.from({ length: count }, (_, n) => [`${prefix}${n}`, length] as const);

/** The first one's families, each followed by one of the second's. */
const zipped = (a: Document, b: Document): Document => a.flatMap((one, i) => [one, b[i] ?? ['end', 1]]);

test('sources of the same families in the same order are streamed: one sample is in hand', async () => {
  const document = numbered('m', 20, 500);
  const { held, ...collected } = await joined([document, document, document]);
  expect(lengths(collected)).toEqual(allOf([document, document, document]));
  expect(held).toBe(1);
});

test('what some sources lack is held, and little else', async () => {
  const common = numbered('m', 50, 1_000);
  const documents = [common, common.filter((_, i) => i !== 7), [['own', 100], ...common] as Document];
  const { held, reports, ...collected } = await joined(documents);
  expect(reports).toEqual([]);
  expect(lengths({ ...collected, reports })).toEqual(allOf(documents));
  // What is missing, of two sources; what is own; and, while these are looked for, as much of each source.
  expect(held).toBeLessThan(3 * 2_200);
});

describe('beyond maxBuffered', () => {
  const MAX = 1_000 * SAMPLE;
  const common = numbered('m', 30, 200);

  test.each<[string, Document[]]>([
    ['one has more of its own than can be held', [common, zipped(common, numbered('own', 30, 300))]],
    ['so has the first', [zipped(common, numbered('own', 30, 300)), common]],
    ['each has', [zipped(common, numbered('a', 30, 300)), zipped(common, numbered('b', 30, 300))]],
    ['one family that others lack is larger', [common, [...common.slice(0, 9), ['own', 5_000], ...common.slice(9)]]],
    ['they have nothing in common', [numbered('a', 30, 200), numbered('b', 30, 200)]],
  ])('nothing is lost where the orders agree, and no more is held: %s', async (_what, documents) => {
    const { held, reports, families } = await joined(documents, MAX);
    expect(reports).toEqual([]);
    expect(lengths({ families, reports })).toEqual(allOf(documents));
    expect(held).toBeLessThan(1_000 + 10);
  });

  test('a family that comes when it was written already is left out and reported, however long it is', async () => {
    const documents: Document[] = [
      [
        ['a', 2_000],
        ['b', 2_000],
      ],
      [
        ['b', 2_000],
        ['a', 1_000_000_000],
      ],
    ];
    const { held, ...collected } = await joined(documents, MAX);
    expect(lengths(collected)).toEqual({ a: 2_000, b: 4_000 });
    expect(collected.reports).toEqual([
      'a: sources[1]: the family was already written, because the buffer was full; see the option maxBuffered',
    ]);
    expect(held).toBeLessThan(1_000 + 10);
  });

  test('what the sources brought before makes the better guess', async () => {
    // Which of the large ones is it that the other source has too?
    const documents: Document[] = [
      [
        ['both', 3_000],
        ['last', 1],
      ],
      [
        ['own', 3_000],
        ['both', 3_000],
        ['last', 1],
      ],
    ];
    expect((await joined(documents, MAX, 1)).reports).toHaveLength(1);
    const { reports, families } = await joined(documents, MAX, 2);
    expect(reports).toEqual([]);
    expect(lengths({ families, reports })).toEqual(allOf(documents));
  });

  test('a family without samples counts too: endless ones are not held without end', async () => {
    let made = 0;
    const endless: MetricsSource = {
      *collect() {
        for (;;) yield { name: `m${made++}`, type: 'gauge', samples: [] };
      },
    };
    const other: MetricsSource = { collect: () => [{ name: 'other', type: 'gauge', samples: [] }] };
    const source = combineSources([endless, other, other], { join: true, maxBuffered: 64 * 1024 });
    const families = source.collect(scrape()) as AsyncGenerator<MetricFamily>;
    await families.next();
    await families.return(undefined);
    expect(made).toBeLessThan(64 * 4);
  });
});

test('whatever the order and the limit: each name once, and what is missing was reported', async () => {
  const document = fc
    .uniqueArray(fc.tuple(fc.constantFrom(...'abcdefghij'), fc.nat({ max: 40 })), { selector: ([name]) => name })
    .map((families): Document => families);
  await fc.assert(
    fc.asyncProperty(
      fc.array(document, { minLength: 2, maxLength: 4 }),
      fc.integer({ min: 1, max: 100 }),
      async (documents, samples) => {
        const { held, families, reports } = await joined(documents, samples * SAMPLE);
        const names = families.map(({ name }) => name);
        expect(new Set(names).size).toBe(names.length);
        expect(names.sort()).toEqual(Object.keys(allOf(documents)).sort());
        const lost = documents.map((families, i) =>
          families.filter(([name]) => reports.some((report) => report.startsWith(`${name}: sources[${i}]`))),
        );
        expect(reports).toHaveLength(lost.flat().length);
        const kept = documents.map((families, i) => families.filter((one) => !lost[i]?.includes(one)));
        expect(lengths({ families, reports })).toEqual({
          ...Object.fromEntries(names.map((name) => [name, 0])),
          ...allOf(kept),
        });
        for (const { samples } of families)
          expect(new Set(samples.map(({ labels, value }) => `${labels.n} ${value}`)).size).toBe(samples.length);
        expect(held).toBeLessThan(samples + 2 * documents.length);
      },
    ),
  );
});

test('histograms whose series are dropped leave nothing in the buffer', async () => {
  const bounds = Array.from({ length: 100 }, (_, i) => i);
  const value = { count: 0, sum: 0, bounds, cumulativeCounts: bounds.map(() => 0) };
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const source: MetricsSource = {
    collect: () => names.map((name) => ({ name, type: 'histogram', samples: [{ labels: {}, value }].values() })),
  };
  const reports: string[] = [];
  const report = (_error: unknown, name?: string) => void reports.push(`${name}`);
  const options = { name: 'sources[0]', scrape: scrape(), timeout: 10_000, stopwatch: new Stopwatch() };
  const reader = new SourceReader(source, options);
  // The names of their series are other families', which were written.
  const written = new Set(names.flatMap((name) => [`${name}_bucket`, `${name}_sum`, `${name}_count`]));
  const cursor = new SourceCursor(reader, { written, seenNames: new Set(), account: openAccount({}), report });
  // It holds two of them.
  const buffer = new FamilyBuffer(4_096, () => undefined);
  for (const name of names) {
    await cursor.load();
    expect(cursor.current?.name).toBe(name);
    expect(await buffer.split(cursor, cursor.current as FamilySegment)).toBe(true);
    expect(buffer.isFull).toBe(false);
  }
  expect(new Set(reports)).toEqual(written);
  reader.close();
});
