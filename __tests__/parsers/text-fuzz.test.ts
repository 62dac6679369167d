import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { MetricsError } from '../../lib/model/errors.ts';
import type { HistogramValue, Sample, SummaryValue } from '../../lib/model/metric-family.ts';
import type { Parse } from '../../lib/model/parser.ts';
import { parseOpenMetrics, parsePrometheusText } from '../../lib/parsers/prometheus-text.ts';
import { inPieces } from '../support/parsed.ts';
import fc from '../support/property.ts';

jest.setTimeout(120_000);

const KUMOMTA = readFileSync(join(__dirname, '../vectors/kumomta-sample.txt'), 'utf8')
  .slice(0, 2000)
  .replace(/.*$/, '');

const PROMETHEUS = `# HELP m what \\\\ it\\nis
# TYPE m counter
m{a="x",b="\\"\\\\\\n"} 1.5e3 1395066363000
m{ a = "y" , } +Inf
{"http.requests","b.c"="🦊"} NaN
# TYPE h histogram
h_sum{a="x"} 4.5
h_count{a="x"} 3
h_bucket{a="x",le="0.5"} 1
h_bucket{a="x",le="+Inf"} 3
h_bucket{le="-1",a="y"} 1
h_bucket{le="+Inf",a="y"} 1
# TYPE s summary
s{quantile="0.5"} 2
s_count 1
`;

const OPEN_METRICS = `# TYPE m_seconds counter
# UNIT m_seconds seconds
# HELP m_seconds \\"what\\"
m_seconds_total{a="x # {"} 1 123.5 # {id="}"} 0.5 1.5
m_seconds_created{a="x # {"} 1
# TYPE h gaugehistogram
h_bucket{le="0.5"} 1 # {} 1
h_bucket{le="+Inf"} 3
h_gcount 3
h_gsum -2
# TYPE b info
b_info{"v.w"="1"} 1
# EOF
`;

/** Cut, doubled, swapped or overwritten: what happens to a document at a place, in thousandths of its length. */
const mutation = fc.record({
  kind: fc.constantFrom('flip', 'overwrite', 'insert', 'delete', 'double', 'truncate'),
  place: fc.nat({ max: 1000 }),
  length: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 200 })),
  byte: fc.oneof(fc.constantFrom(...Buffer.from('{}",= \t\n\\#_+-.0e')), fc.nat({ max: 255 })),
});

function mutate(
  bytes: Buffer,
  { kind, place, length, byte }: typeof mutation extends fc.Arbitrary<infer T> ? T : never,
): Buffer {
  const at = Math.floor((bytes.length * place) / 1001);
  const [before, cut, after] = [bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at + length)];
  switch (kind) {
    case 'flip':
      return Buffer.concat([before, cut.map((old, i) => (i === 0 ? old ^ (1 << (byte % 8)) : old)), after]);
    case 'overwrite':
      return Buffer.concat([before, Buffer.of(byte), bytes.subarray(at + 1)]);
    case 'insert':
      return Buffer.concat([before, Buffer.alloc(length, byte), cut, after]);
    case 'delete':
      return Buffer.concat([before, after]);
    case 'double':
      return Buffer.concat([before, cut, cut, after]);
    default:
      return before;
  }
}

/** Plain comparisons: Jest's assertions would be most of the work. */
function isSound({ labels, value }: Sample, type: string): boolean {
  if (!Object.values(labels).every((label) => typeof label === 'string')) return false;
  if (type === 'histogram') return isHistogram(value as HistogramValue);
  if (type === 'summary') return isSummary(value as SummaryValue);
  return typeof value === 'number';
}

const isHistogram = ({ count, bounds, cumulativeCounts, exemplars }: HistogramValue) =>
  Number.isInteger(count) &&
  bounds.every((bound, i) => bound > (bounds[i - 1] ?? Number.NEGATIVE_INFINITY) && Number.isFinite(bound)) &&
  cumulativeCounts.length === bounds.length &&
  [...cumulativeCounts, count].every((counted, i) => counted >= (cumulativeCounts[i - 1] ?? 0)) &&
  (exemplars === undefined || exemplars.length === bounds.length + 1);

const isSummary = ({ count, quantiles, values }: SummaryValue) =>
  Number.isInteger(count) &&
  quantiles.every((quantile) => quantile >= 0 && quantile <= 1) &&
  values.length === quantiles.length;

/** What is wrong with what a parser makes of a document. */
async function faultOf(parse: Parse, bytes: Uint8Array): Promise<string | MetricsError | undefined> {
  try {
    for await (const { name, type, samples } of parse(inPieces(bytes))) {
      if (name === '') return 'a family without a name';
      for await (const sample of samples) if (!isSound(sample, type)) return JSON.stringify(sample);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof MetricsError) || error.code !== 'ERR_METRICS_MALFORMED_DOCUMENT') throw error;
    return error;
  }
}

test.each([
  ["KumoMTA's text", KUMOMTA, parsePrometheusText],
  ['the Prometheus format', PROMETHEUS, parsePrometheusText],
  ['OpenMetrics', OPEN_METRICS, parseOpenMetrics],
])('a damaged document (%s) is read as what it has become, or refused', async (_, document, makeParser) => {
  const parse = makeParser();
  const outcomes = { read: 0, refused: 0 };
  const damaged = fc.array(mutation, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(damaged, async (mutations) => {
      const fault = await faultOf(parse, mutations.reduce(mutate, Buffer.from(document)));
      outcomes[fault === undefined ? 'read' : 'refused']++;
      if (fault instanceof MetricsError) return /^line \d+: .{1,200}$/.test(fault.message);
      return fault === undefined;
    }),
    { numRuns: 7000 },
  );
  expect(outcomes.read).toBeGreaterThan(100);
  expect(outcomes.refused).toBeGreaterThan(1000);
});

/** What a parser makes of a document, or its error, as text. */
async function outcomeOf(parse: Parse, bytes: Uint8Array): Promise<string> {
  const families: unknown[] = [];
  try {
    for await (const { samples, ...family } of parse(inPieces(bytes))) {
      const read: Sample[] = [];
      families.push({ family, read });
      for await (const sample of samples) read.push(sample);
    }
  } catch (error) {
    families.push(String(error));
  }
  return inspect(families, { depth: null, maxArrayLength: null, maxStringLength: null });
}

test.each([
  ["KumoMTA's text", KUMOMTA, parsePrometheusText],
  ['the Prometheus format', PROMETHEUS, parsePrometheusText],
  ['OpenMetrics', OPEN_METRICS, parseOpenMetrics],
])(
  'a damaged document (%s) is read in the same way whether the one before it was cached',
  async (_, text, makeParser) => {
    const document = Buffer.from(text);
    const parse = makeParser();
    const damaged = fc.array(mutation, { minLength: 1, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(damaged, async (mutations) => {
        await outcomeOf(parse, document);
        const bytes = mutations.reduce(mutate, document);
        expect(await outcomeOf(parse, bytes)).toBe(await outcomeOf(makeParser(), bytes));
      }),
      { numRuns: 2000 },
    );
  },
);
