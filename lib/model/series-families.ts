import { MetricsError } from './errors.ts';
import type { HistogramValue, LabelSet, MetricFamily, Sample, SummaryValue } from './metric-family.ts';
import { markFor } from './series-mark.ts';

type WithoutCount<Value> = Omit<Value, 'count'> & { readonly count?: number };
/** Value of which the series are made. As it is written in a document, it may lack a count. */
export type SplitValue = WithoutCount<HistogramValue> | WithoutCount<SummaryValue>;
/** Yields the samples of one name that a histogram's or summary's sample consists of. */
type SeriesOf = (labels: LabelSet, value: SplitValue) => Iterable<Sample>;

/** A family of series that were a part of another one. */
export interface SeriesFamily extends MetricFamily {
  readonly samples: Iterable<Sample>;
}

/** Suffixes of the series' names, without that of the series which have the label `le` or `quantile`. */
const TOTALS = ['_sum', '_count'] as const;

/** Whether a sample consists of several series. */
export const isDistribution = ({ type }: Pick<MetricFamily, 'type'>) => type === 'histogram' || type === 'summary';

/** Returns the label that tells the buckets of a histogram or the quantiles of a summary apart. */
export const keyLabelOf = ({ type }: Pick<MetricFamily, 'type'>) => (type === 'histogram' ? 'le' : 'quantile');

/** Returns the names of a family's series. */
export function seriesNames(family: Pick<MetricFamily, 'name' | 'type'>): string[] {
  const { name, type } = family;
  if (!isDistribution(family)) return [name];
  return [type === 'histogram' ? `${name}_bucket` : name, ...TOTALS.map((suffix) => name + suffix)];
}

/**
 * Returns a histogram or summary as untyped families, one for each name of its series. A sample that cannot be split, or
 * for which `check` throws, becomes one whose value throws that error when it is read.
 */
export function seriesFamilies(
  family: Omit<MetricFamily, 'samples'>,
  samples: readonly Sample[],
  check: (sample: Sample) => unknown,
): SeriesFamily[] {
  const { help, labelNames } = family;
  const isHistogram = family.type === 'histogram';
  const keyLabel = keyLabelOf(family);
  const checkAll = (sample: Sample) => {
    checkLabels(Object(sample).labels, keyLabel);
    check(sample);
  };
  const describe = (name: string, names: readonly string[] | undefined, seriesOf: SeriesOf): SeriesFamily => ({
    ...markFor(family.name),
    name,
    type: 'untyped',
    ...(help !== undefined && { help }),
    ...(Array.isArray(names) && { labelNames: names }),
    samples: { [Symbol.iterator]: () => readSeries(samples, checkAll, seriesOf) },
  });
  const [keyed, sum, count] = seriesNames(family) as [string, string, string];
  const keyedNames = Array.isArray(labelNames) ? [...labelNames, keyLabel] : undefined;
  const families = [
    describe(keyed, keyedNames, isHistogram ? bucketsOf : quantilesOf),
    describe(sum, labelNames, totalsOf('sum')),
    describe(count, labelNames, totalsOf('count')),
  ];
  return samples.some(hasSum) ? families : families.filter(({ name }) => name !== sum);
}

/** Accepts any value: those that are not samples are reported when the series are read. */
function hasSum(sample: Sample): boolean {
  try {
    return (sample.value as SplitValue).sum !== undefined;
  } catch {
    return false;
  }
}

function checkLabels(labels: unknown, keyLabel: string): void {
  if (typeof labels !== 'object' || labels === null) throw invalid('it has no labels; write labels: {}');
  if (Object.hasOwn(labels, keyLabel)) throw invalid(`its label "${keyLabel}" is one that its series need themselves`);
}

const invalid = (reason: string) => new MetricsError('ERR_METRICS_INVALID_SAMPLE', reason);

function* readSeries(
  samples: readonly Sample[],
  check: (sample: Sample) => unknown,
  seriesOf: SeriesOf,
): Generator<Sample, void> {
  for (const sample of samples) {
    try {
      check(sample);
    } catch (error) {
      yield invalidSample(error);
      continue;
    }
    yield* seriesOf(sample.labels, sample.value as SplitValue);
  }
}

/** Its labels are not those of the sample, which may be what is invalid. */
const invalidSample = (error: unknown): Sample => ({
  labels: {},
  get value(): never {
    throw error;
  },
});

function totalsOf(name: 'sum' | 'count'): SeriesOf {
  return (labels, { [name]: value }) => (value === undefined ? [] : [{ labels, value }]);
}

function* bucketsOf(labels: LabelSet, value: SplitValue): Generator<Sample, void> {
  const { bounds, cumulativeCounts, count } = value as WithoutCount<HistogramValue>;
  for (const [i, bound] of bounds.entries()) {
    yield { labels: { ...labels, le: keyText(bound) }, value: cumulativeCounts[i] as number };
  }
  // One as it is written may have this bucket among the others, with another count.
  if (count !== undefined && !bounds.includes(Number.POSITIVE_INFINITY))
    yield { labels: { ...labels, le: '+Inf' }, value: count };
}

function* quantilesOf(labels: LabelSet, value: SplitValue): Generator<Sample, void> {
  const { quantiles, values } = value as WithoutCount<SummaryValue>;
  for (const [i, quantile] of quantiles.entries()) {
    yield { labels: { ...labels, quantile: keyText(quantile) }, value: values[i] as number };
  }
}

function keyText(key: number): string {
  if (Math.abs(key) !== Number.POSITIVE_INFINITY) return `${key}`;
  return key > 0 ? '+Inf' : '-Inf';
}
