import type { HistogramValue, MetricFamily, Sample, SummaryValue } from '../../lib/model/metric-family.ts';
import type { Parse } from '../../lib/model/parser.ts';
import { parseOpenMetrics, parsePrometheusText } from '../../lib/parsers/prometheus-text.ts';
import { anyText, families } from '../support/arbitraries.ts';
import { encode } from '../support/encode.ts';
import { openMetrics, text004, text100 } from '../support/encoders.ts';
import { parseText } from '../support/parse-text.ts';
import { type ReadFamily, readAll } from '../support/parsed.ts';
import { withPlausibleValues } from '../support/plausible-values.ts';
import fc, { type Arbitrary } from '../support/property.ts';

jest.setTimeout(120_000);

const validName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,20}$/);

/** The losses of the formats: lone surrogates, the sign of zero, exemplars and sums where there is no place for them. */
function normal(all: readonly (MetricFamily | ReadFamily)[], isOpenMetrics: boolean) {
  return all.map(({ name, help, type, samples }) => ({
    name: isOpenMetrics && type === 'counter' ? `${name.replace(/(?<=.)_total$/s, '')}_total` : name,
    help: help?.toWellFormed(),
    type,
    samples: (samples as Sample[]).map((sample) => normalSample(sample, type, isOpenMetrics)),
  }));
}

function normalSample({ labels, value, exemplar }: Sample, type: string, isOpenMetrics: boolean) {
  return {
    labels: Object.entries(labels).map(([name, text]) => [name, text.toWellFormed()]),
    value: typeof value === 'number' ? value + 0 : normalValue(value, isOpenMetrics),
    exemplar: isOpenMetrics && type === 'counter' ? normalExemplar(exemplar) : undefined,
  };
}

function normalValue(value: HistogramValue | SummaryValue, isOpenMetrics: boolean) {
  const sum = value.sum === undefined ? undefined : value.sum + 0;
  if ('quantiles' in value) return { ...value, sum, values: value.values.map((number) => number + 0) };
  const { exemplars = [], bounds, ...rest } = value;
  const hasExemplars = isOpenMetrics && exemplars.some(Boolean);
  const all = hasExemplars
    ? Array.from({ length: bounds.length + 1 }, (_, i) => normalExemplar(exemplars[i]))
    : undefined;
  return { ...rest, sum, bounds: bounds.map((bound) => bound + 0), exemplars: all };
}

function normalExemplar(exemplar: Sample['exemplar']) {
  if (exemplar === undefined) return undefined;
  const { labels, value, timestamp } = exemplar;
  const entries = Object.entries(labels).map(([name, text]) => [name, text.toWellFormed()]);
  return [entries, value + 0, timestamp === undefined ? undefined : timestamp + 0];
}

const hasNegativeBound = ({ samples }: MetricFamily) =>
  (samples as Sample[]).some(({ value }) => ((value as Partial<HistogramValue>).bounds?.[0] as number) < 0);

/** Leaves out samples that are the same series in Prometheus, where an empty label is none. */
function withDistinctSeries(family: MetricFamily): MetricFamily {
  const keys = new Set<string>();
  const samples = (family.samples as Sample[]).filter(({ labels }) => {
    const entries = Object.entries(labels).map(([name, text]) => [name, text.toWellFormed()] as const);
    const key = JSON.stringify(entries.filter(([, text]) => text !== '').sort());
    return !keys.has(key) && keys.add(key);
  });
  return { ...family, samples };
}

describe('what our encoders write is read back', () => {
  test.each<[string, typeof text004, () => Parse, Arbitrary<string>]>([
    ['text 0.0.4', text004, parsePrometheusText, validName],
    ['text 1.0.0', text100, parsePrometheusText, anyText],
    ['OpenMetrics', openMetrics, parseOpenMetrics, anyText],
  ])('whatever it is and however it is split, in %s', async (format, makeEncoder, makeParser, name) => {
    const isOpenMetrics = format === 'OpenMetrics';
    const parse = makeParser();
    const encoder = makeEncoder();
    await fc.assert(
      fc.asyncProperty(families(name), fc.integer({ min: 1, max: 100 }), async (any, size) => {
        const all = any.map(withPlausibleValues).map(withDistinctSeries);
        // In OpenMetrics, a histogram with a bound below 0 becomes the series of it.
        const source = isOpenMetrics ? all.filter((family) => !hasNegativeBound(family)) : all;
        const { text, losses } = await encode(encoder, source);
        expect(losses).toEqual([]);
        const read = await readAll(parse, text, size);
        expect(normal(read, isOpenMetrics)).toEqual(normal(source, isOpenMetrics));
        const others = parseText(text, isOpenMetrics ? 'openmetrics' : 'prometheus');
        expect(read.map(({ samples }) => samples)).toEqual(others.map(({ samples }) => samples));
      }),
      { numRuns: 200 },
    );
  });
});
