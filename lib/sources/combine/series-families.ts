import { histogramOf, summaryOf } from '../../encoders/samples.ts';
import { textNumber } from '../../encoders/text-syntax.ts';
import type { HistogramValue, LabelSet, MetricFamily, Sample, SummaryValue } from '../../model/metric-family.ts';

type Distribution = HistogramValue | SummaryValue;
/** Yields the samples of one name that a histogram's or summary's sample consists of. */
type SeriesOf = (labels: LabelSet, value: Distribution) => Iterable<Sample>;

/** Suffixes of the series' names, without that of the series which have the label `le` or `quantile`. */
const TOTALS = ['_sum', '_count'] as const;

/** Returns the names of a family's series. */
export function seriesNames({ name, type }: Pick<MetricFamily, 'name' | 'type'>): string[] {
  if (type !== 'histogram' && type !== 'summary') return [name];
  return [keyedName(name, type), ...TOTALS.map((suffix) => name + suffix)];
}

const keyedName = (name: string, type: 'histogram' | 'summary') => (type === 'histogram' ? `${name}_bucket` : name);

/** Returns a histogram or summary as untyped families, one for each name of its series. */
export function seriesFamilies(family: MetricFamily, samples: readonly Sample[]): MetricFamily[] {
  const { help, labelNames } = family;
  const isHistogram = family.type === 'histogram';
  const keyLabel = isHistogram ? 'le' : 'quantile';
  const distributionOf: (sample: Sample) => Distribution = isHistogram ? histogramOf : summaryOf;
  const describe = (name: string, names: readonly string[] | undefined, seriesOf: SeriesOf): MetricFamily => ({
    name,
    type: 'untyped',
    ...(help !== undefined && { help }),
    ...(Array.isArray(names) && { labelNames: names }),
    samples: { [Symbol.iterator]: () => readSeries(samples, distributionOf, seriesOf) },
  });
  const [keyed, sum, count] = seriesNames(family) as [string, string, string];
  const keyedNames = Array.isArray(labelNames) ? [...labelNames, keyLabel] : undefined;
  const families = [
    describe(keyed, keyedNames, isHistogram ? bucketsOf : quantilesOf),
    describe(sum, labelNames, (labels, value) => (value.sum === undefined ? [] : [{ labels, value: value.sum }])),
    describe(count, labelNames, (labels, value) => [{ labels, value: value.count }]),
  ];
  return samples.some(({ value }) => Object(value).sum !== undefined)
    ? families
    : families.filter(({ name }) => name !== sum);
}

function* readSeries(
  samples: readonly Sample[],
  distributionOf: (sample: Sample) => Distribution,
  seriesOf: SeriesOf,
): Generator<Sample, void> {
  for (const sample of samples) {
    let value: Distribution;
    try {
      value = distributionOf(sample);
    } catch (error) {
      yield invalidSample(sample.labels, error);
      continue;
    }
    yield* seriesOf(sample.labels, value);
  }
}

/** Returns a sample that the encoder drops and reports: reading its value throws. */
const invalidSample = (labels: LabelSet, error: unknown): Sample => ({
  labels,
  get value(): never {
    throw error;
  },
});

function* bucketsOf(labels: LabelSet, value: Distribution): Generator<Sample, void> {
  const { bounds, cumulativeCounts, count } = value as HistogramValue;
  for (const [i, bound] of bounds.entries()) {
    yield { labels: { ...labels, le: textNumber(bound) }, value: cumulativeCounts[i] as number };
  }
  yield { labels: { ...labels, le: '+Inf' }, value: count };
}

function* quantilesOf(labels: LabelSet, value: Distribution): Generator<Sample, void> {
  const { quantiles, values } = value as SummaryValue;
  for (const [i, quantile] of quantiles.entries()) {
    yield { labels: { ...labels, quantile: textNumber(quantile) }, value: values[i] as number };
  }
}
