import { isUtf8 } from 'node:buffer';
import type { NonFinite } from '../../lib/encoders/json-values.ts';
import { seriesLabelsKey } from '../../lib/model/labels.ts';
import type { HistogramValue, MetricFamily, MetricType, Sample, SummaryValue } from '../../lib/model/metric-family.ts';
import { type Repair, unlimited } from '../../lib/model/parser.ts';
import { parseKumoMtaJson } from '../../lib/parsers/kumomta-json.ts';
import { anyText, families } from '../support/arbitraries.ts';
import { bytesOf, readDocument } from '../support/documents.ts';
import { encode } from '../support/encode.ts';
import { json } from '../support/encoders.ts';
import { withPlausibleValues } from '../support/plausible-values.ts';
import fc from '../support/property.ts';
import { type ReadFamily, readJson } from '../support/read-json.ts';

const parse = parseKumoMtaJson();

// For a machine that is busy.
jest.setTimeout(120_000);

const read = (document: string | Uint8Array) => readDocument(parse, bytesOf(document));

const MODES = (['map', 'list'] as const).flatMap((singleLabel) =>
  (['null', 'string', 'omit'] as const).map((nonFinite) => ({ singleLabel, nonFinite })),
);

describe.each(MODES)('what the encoder wrote, with $singleLabel and $nonFinite,', (options) => {
  test('means what went in', async () => {
    await fc.assert(
      fc.asyncProperty(families(anyText), async (any) => {
        const source = any.map(withPlausibleValues).map(withDistinctSeries);
        const { text } = await encode(json(options), source);
        const expected = source.map((family) => normal(family, kept(family, options.nonFinite)));
        expect(
          ((await read(text)) as MetricFamily[]).map((family) => normal(family, family.samples as Sample[])),
        ).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  test('is written in the same way again', async () => {
    await fc.assert(
      fc.asyncProperty(families(anyText), async (any) => {
        const source = any.map(withPlausibleValues).map(withDistinctSeries);
        const { text } = await encode(json(options), source);
        const again = await encode(json(options), parse(bytesOf(text)));
        // A sum that became null has no average.
        expect(again.text).toBe(text.replaceAll('"sum":null,"avg":0.0', '"sum":null,"avg":null'));
        expect(again.losses).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

/** Without the samples whose label sets differ from an earlier one in empty labels only, which the reader drops. */
function withDistinctSeries(family: MetricFamily): MetricFamily {
  const keys = new Set<string>();
  const isNew = ({ labels }: Sample) => keys.size !== keys.add(seriesLabelsKey(labels)).size;
  return { ...family, samples: (family.samples as Sample[]).filter(isNew) };
}

function normal({ name, help, type }: MetricFamily, samples: readonly Sample[]) {
  const labelled = samples.map(({ labels, value }) => ({ labels: Object.entries(labels).sort(), value }));
  return { name, help, type, samples: labelled };
}

/** The samples with what the format keeps of them: neither exemplars nor the sign of zero. */
function kept({ samples }: MetricFamily, nonFinite: NonFinite): readonly Sample[] {
  const left = (samples as Sample[]).flatMap(({ labels, value }): Sample[] => {
    if (nonFinite === 'omit' && !numbersOf(value).every(Number.isFinite)) return [];
    return [{ labels, value: typeof value === 'number' ? number(value) : distribution(value) }];
  });
  const [first] = left;
  const isLoneNull = left.length === 1 && Number.isNaN(first?.value) && Object.keys(first?.labels ?? {}).length === 0;
  return isLoneNull && nonFinite === 'null' ? [] : left;

  function number(value: number): number {
    return nonFinite === 'null' && !Number.isFinite(value) ? Number.NaN : value + 0;
  }

  function distribution({ count, sum, ...pairs }: HistogramValue | SummaryValue): HistogramValue | SummaryValue {
    const total = sum === undefined || (Number.isNaN(number(sum)) && nonFinite === 'null') ? {} : { sum: number(sum) };
    return 'bounds' in pairs
      ? { count, ...total, bounds: pairs.bounds.map(number), cumulativeCounts: pairs.cumulativeCounts.map(number) }
      : { count, ...total, quantiles: pairs.quantiles.map(number), values: pairs.values.map(number) };
  }
}

function numbersOf(value: Sample['value']): readonly number[] {
  if (typeof value === 'number') return [value];
  return [value.sum ?? 0, ...('bounds' in value ? value.cumulativeCounts : value.values)];
}

describe('a document that was spoilt', () => {
  const ONE = '{"count":3,"sum":0.9,"avg":0.3,"bucket":[[0.1,0.0],[0.5,3.0]]}';
  const DOCUMENTS = [
    '{"m":{"help":"a \\"b\\" \\u00fc","type":"gauge","value":[{"a":"1","b":"größe","@":3.5},{"@":-4e-3}]}}',
    `{"h":{"type":"histogram","value":{"q":{"a":${ONE}}}},"i":{"type":"histogram","value":${ONE}}}`,
    '{"a":{"help":"h","type":"counter","value":{"q":{"x":1.0,"y":null,"z":"+Inf"}}},\n"b":{"type":"gauge","value":null}}',
    '{"s":{"value":{"count":1,"sum":null,"quantile":[[0.5,2.0]]},"x":[{"y":[true,false,null,"\\ud83d"]}],"type":"summary"}}',
  ].map((text) => Buffer.from(text));
  const PIECES = [
    '"',
    '\\',
    ',',
    ':',
    '{',
    '}',
    '[',
    ']',
    '0',
    '1',
    '-',
    '.',
    'e',
    ' ',
    'null',
    'NaN',
    'inf',
    '"@":',
    '\u00e9',
    '\n',
    '{}',
    '""',
  ];

  const spoiling = fc.record({
    at: fc.nat(),
    removed: fc.oneof(fc.nat(2), fc.nat(30)),
    put: fc.oneof(
      fc.constantFrom('', ...PIECES).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 2 }),
    ),
  });

  test('is refused if JSON.parse refuses it, and is what that makes of it if nothing but a repair is reported', async () => {
    let unreported = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...DOCUMENTS),
        fc.array(spoiling, { minLength: 1, maxLength: 3 }),
        async (document, spoilings) => {
          const bytes = spoilings.reduce((bytes, { at, removed, put }) => {
            const start = at % (bytes.length + 1);
            return Buffer.concat([bytes.subarray(0, start), put, bytes.subarray(start + removed)]);
          }, document);
          let reports = 0;
          const onRepair = ({ kind }: Repair) => void (kind === 'histogram' || reports++);
          const context = { ...unlimited, onRepair, onDropped: () => void reports++ };
          const found = await readDocument((chunks) => parse(chunks, context), bytesOf(bytes));
          if (typeof found === 'string') expect(found).toMatch(/^byte \d+: /);
          expect(typeof found === 'string').toBe(!isJsonObject(bytes));
          if (typeof found === 'string' || reports > 0) return;
          unreported++;
          expect(byName(found)).toEqual(byName(readJson(bytes.toString()).map(modelled)));
        },
      ),
      { numRuns: 20_000 },
    );
    expect(unreported).toBeGreaterThan(200);
  });
});

function isJsonObject(bytes: Uint8Array): boolean {
  try {
    JSON.parse(bytes.toString());
    // Another JSON does not begin with a family.
    return isUtf8(bytes) && /^\s*\{\s*(\}|"(\\.|[^"\\])*"\s*:\s*\{)/.test(bytes.toString());
  } catch {
    return false;
  }
}

/** By name and label set, and of two the last one, as in what JSON.parse gives. */
function byName(families: readonly Pick<ReadFamily, 'name' | 'help' | 'type' | 'samples'>[]) {
  const bySeries = ({ samples }: Pick<ReadFamily, 'samples'>) =>
    new Map(samples.map(({ labels, value }) => [JSON.stringify(Object.entries(labels).sort()), value]));
  return new Map(
    families.map((family) => [family.name, { help: family.help, type: family.type, samples: bySeries(family) }]),
  );
}

/** A family with its values as they are in the document's model, repaired. */
function modelled(family: ReadFamily): ReadFamily {
  const samples = family.samples.map(({ labels, value }) => ({ labels, value: model(value, family.type) }));
  return { ...family, samples };
}

function model(value: unknown, type: MetricType): unknown {
  if (typeof value !== 'object' || value === null) return numberOf(value);
  const { count, sum, [type === 'histogram' ? 'bucket' : 'quantile']: written = [] } = value as Record<string, unknown>;
  const total = sum === null || sum === undefined ? {} : { sum: numberOf(sum) };
  const pairs = (written as [unknown, unknown][]).map((pair) => pair.map(numberOf) as [number, number]);
  if (type === 'histogram') return { ...total, ...repaired((count as number | undefined) ?? 0, pairs) };
  const first = new Map(pairs.toReversed());
  const quantiles = [...new Set(pairs.map(([key]) => key))];
  return { count, ...total, quantiles, values: quantiles.map((key) => first.get(key)) };
}

/** Each finite bound once, in their order, with the greatest count up to it. */
function repaired(count: number, written: readonly [number, number][]) {
  const buckets = written.map(
    ([bound, value]) => [Number.isNaN(bound) ? Number.POSITIVE_INFINITY : bound, value] as const,
  );
  const countUpTo = (bound: number) =>
    buckets.reduce((most, [it, value]) => (it <= bound && value >= most ? value : most), Number.NEGATIVE_INFINITY);
  const bounds = buckets
    .map(([bound]) => bound)
    .filter((bound, i, all) => Number.isFinite(bound) && all.lastIndexOf(bound) === i)
    .sort((a, b) => a - b);
  const all = Math.max(count, ...buckets.map(([, value]) => value));
  return { count: all, bounds, cumulativeCounts: bounds.map(countUpTo) };
}

function numberOf(value: unknown): number {
  if (value === null) return Number.NaN;
  return typeof value === 'number' ? value : Number(String(value).replace('Inf', 'Infinity'));
}
