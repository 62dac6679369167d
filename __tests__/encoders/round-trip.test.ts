import { createOpenMetricsEncoder } from '../../lib/encoders/openmetrics-text.ts';
import { escapeLabelName } from '../../lib/encoders/text-syntax.ts';
import type { HistogramValue, MetricFamily, Sample } from '../../lib/model/metric-family.ts';
import { anyText, families } from '../support/arbitraries.ts';
import { encode } from '../support/encode.ts';
import { json, openMetrics, text004, text100 } from '../support/encoders.ts';
import { type ParsedFamily, parseText } from '../support/parse-text.ts';
import fc from '../support/property.ts';
import { asJson, inJsonOrder, readJson } from '../support/read-json.ts';

const validName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,20}$/);

describe('what goes into a JSON document comes back from it', () => {
  test.each(['map', 'list'] as const)('whatever it is, with singleLabel %p', async (singleLabel) => {
    await fc.assert(
      fc.asyncProperty(families(anyText), async (source) => {
        const { text, losses } = await encode(json({ singleLabel }), source);
        expect(inJsonOrder(readJson(text))).toEqual(inJsonOrder(asJson(source)));
        expect(losses).toEqual([]);
        expect(text.split('\n')).toHaveLength(source.length === 0 ? 2 : source.length + 3);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what goes into a text comes back from it', () => {
  /** The losses of the formats: the sign of zero, and exemplars. */
  function normal(families: readonly (MetricFamily | ParsedFamily)[], hasExemplars: boolean) {
    return families.map(({ name, help, type, samples }) => ({
      name: hasExemplars && type === 'counter' ? name.replace(/_total$/, '') : name,
      help,
      type,
      samples: (samples as Sample[]).map(({ labels, value, exemplar }) => ({
        labels: Object.entries(labels),
        value: unsigned(hasExemplars ? value : withoutExemplars(value)),
        exemplar: hasExemplars && type === 'counter' ? unsigned(exemplar) : undefined,
      })),
    }));
  }

  const withoutExemplars = (value: Sample['value']) =>
    typeof value === 'number' ? value : { ...value, exemplars: undefined };

  const hasNegativeBound = ({ samples }: MetricFamily) =>
    (samples as Sample[]).some(({ value }) => ((value as Partial<HistogramValue>).bounds?.[0] as number) < 0);

  function unsigned(value: unknown): unknown {
    if (typeof value === 'number') return value + 0;
    if (Array.isArray(value)) return value.map(unsigned);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, item]) => [key, unsigned(item)] as const);
    return entries.filter(([key, item]) => key !== 'exemplars' || (item as unknown[] | undefined)?.some(Boolean));
  }

  test.each([
    ['text 0.0.4', text004, validName],
    ['text 1.0.0', text100, anyText],
    ['OpenMetrics', openMetrics, anyText],
  ])('whatever it is, in %s', async (format, make, name) => {
    const isOpenMetrics = format === 'OpenMetrics';
    const encoder = make();
    await fc.assert(
      fc.asyncProperty(families(name), async (generated) => {
        const source = isOpenMetrics ? generated.filter((family) => !hasNegativeBound(family)) : generated;
        const { text, losses } = await encode(encoder, source);
        const read = parseText(text, isOpenMetrics ? 'openmetrics' : 'prometheus');
        expect(normal(read, isOpenMetrics)).toEqual(normal(source, isOpenMetrics));
        expect(losses).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('as the same series, in OpenMetrics, if a histogram has a bound below 0', async () => {
    const seriesOf = (text: string) =>
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => line.replace(/(?<=[,{]le=")[^"]*(?="\} [^"]*$)/, (bound) => `${Number(bound)}`))
        .sort();
    await fc.assert(
      fc.asyncProperty(families(validName), async (generated) => {
        const source = generated.filter((family) => family.type === 'histogram' && hasNegativeBound(family));
        const { text, losses } = await encode(openMetrics(), source);
        expect(seriesOf(text)).toEqual(seriesOf((await encode(text004(), source)).text));
        expect(parseText(text, 'openmetrics').every(({ type }) => type === 'untyped')).toBe(true);
        expect(losses).toEqual([]);
      }),
    );
  });

  test.each(['underscores', 'dots', 'values'] as const)('as valid text, whatever it is, with %s', async (escaping) => {
    // Label sets that differ before they are escaped, and not after it, are two series of one name to a reader.
    const escaped = ({ labels }: Sample) =>
      JSON.stringify(
        Object.entries(labels)
          .map(([name, value]) => [escapeLabelName(name, escaping), value])
          .sort(),
      );
    const distinct = (samples: readonly Sample[]) => [...new Map(samples.map((one) => [escaped(one), one])).values()];
    await fc.assert(
      fc.asyncProperty(families(anyText), async (generated) => {
        const source = generated.map((family) => ({ ...family, samples: distinct(family.samples as Sample[]) }));
        const { text } = await encode(createOpenMetricsEncoder({ escaping }), source);
        for (const { name, samples } of parseText(text, 'openmetrics')) {
          expect(name).toMatch(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/);
          for (const label of samples.flatMap(({ labels }) => Object.keys(labels))) {
            expect(label).toMatch(/^[a-zA-Z_][a-zA-Z0-9_]*$/);
          }
        }
      }),
    );
  });
});
