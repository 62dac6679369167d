import { MetricsError } from '../model/errors.ts';
import type { HistogramValue, SummaryValue } from '../model/metric-family.ts';
import { checkDocument } from './check-document.ts';
import type { MetricsDocument, MetricValue, ScrapedSample } from './document.ts';
import { familyOf, findSeries, seriesWith } from './find-series.ts';
import { checkSeries, type Labels, labelKey } from './labels.ts';
import { sampleText } from './series-text.ts';

/**
 * Returns the value of one series. `labels` may be some of the series' labels, as long as no other series has them too.
 * The value is a number, with NaN for null in the JSON. For a histogram or a summary it is an object, whose type the
 * caller names: `metricValue<HistogramValue>(…).count`.
 *
 * @throws {MetricsError} `ERR_METRICS_METRIC_NOT_FOUND`, with the nearest names or series;
 *   `ERR_METRICS_METRIC_AMBIGUOUS`, with the candidates
 * @throws {TypeError} for a value that is not a document, and for a name or labels that are none
 * @example
 * console.log(metricValue(await readMetrics(url), 'queue_depth', { queue: 'a' }));
 */
export function metricValue<Value extends MetricValue = number>(
  document: MetricsDocument,
  name: string,
  labels?: Labels,
): Value {
  checkDocument('metricValue', 'document', document);
  checkSeries('metricValue', name, labels);
  return findSeries(document, name, labels).value as Value;
}

/**
 * Returns how much a series has increased from one document to the next. A series that is missing from the first counts
 * from 0. For a histogram, the result is the histogram of the observations in between. For a summary, it is count and
 * sum, without quantiles. As with `metricValue`, the caller names these types. For a gauge, the result may be negative.
 *
 * @throws {MetricsError} `ERR_METRICS_METRIC_RESET` when a counter or a count has decreased; the errors of
 *   `metricValue` for a series that is missing from the later document
 * @throws {TypeError} for a value that is not a document, and for a name or labels that are none
 * @example
 * const before = await readMetrics(url);
 * await new Promise((resolve) => setTimeout(resolve, 10_000));
 * const perSecond = metricDelta(before, await readMetrics(url), 'messages_accepted_total') / 10;
 */
export function metricDelta<Value extends MetricValue = number>(
  before: MetricsDocument,
  after: MetricsDocument,
  name: string,
  labels?: Labels,
): Value {
  checkDocument('metricDelta', 'before', before);
  checkDocument('metricDelta', 'after', after);
  checkSeries('metricDelta', name, labels);
  const later = findSeries(after, name, labels);
  const earlier = seriesWith(before, name, later.labels).find((it) => labelKey(it.labels) === labelKey(later.labels));
  if (earlier === undefined) return fromZero(later.value) as Value;
  const change = difference(earlier.value, later.value, familyOf(after, name)?.type === 'counter');
  if (change === undefined) throw resetError(name, earlier, later);
  return change as Value;
}

const fromZero = (value: MetricValue): MetricValue => (isSummary(value) ? withoutQuantiles(value) : value);

/** Returns undefined when a value that only increases has decreased, or when the values are of different types. */
function difference(earlier: MetricValue, later: MetricValue, isCounter: boolean): MetricValue | undefined {
  if (typeof earlier === 'number' && typeof later === 'number') {
    return isCounter && later < earlier ? undefined : later - earlier;
  }
  if (isHistogram(earlier) && isHistogram(later)) return histogramDifference(earlier, later);
  if (!isSummary(earlier) || !isSummary(later) || later.count < earlier.count) return undefined;
  return { ...withoutQuantiles(later), ...totalsDifference(earlier, later) };
}

function histogramDifference(earlier: HistogramValue, later: HistogramValue): HistogramValue | undefined {
  const { bounds } = later;
  const hasSameBounds = bounds.length === earlier.bounds.length && bounds.every((it, i) => it === earlier.bounds[i]);
  const cumulativeCounts = later.cumulativeCounts.map((count, i) => count - (earlier.cumulativeCounts[i] ?? 0));
  const totals = totalsDifference(earlier, later);
  if (!hasSameBounds || [totals.count, ...cumulativeCounts].some((change) => change < 0)) return undefined;
  return { ...totals, bounds, cumulativeCounts };
}

type Totals = Pick<HistogramValue, 'count' | 'sum'>;

const totalsDifference = (earlier: Totals, later: Totals): Totals => ({
  count: later.count - earlier.count,
  ...(later.sum !== undefined && { sum: later.sum - (earlier.sum ?? 0) }),
});

/** The difference of two quantiles is not a quantile. */
const withoutQuantiles = (value: SummaryValue): SummaryValue => ({ ...value, quantiles: [], values: [] });

const isHistogram = (value: MetricValue): value is HistogramValue => typeof value === 'object' && 'bounds' in value;
const isSummary = (value: MetricValue): value is SummaryValue => typeof value === 'object' && 'quantiles' in value;

function resetError(name: string, earlier: ScrapedSample, later: ScrapedSample): MetricsError {
  return new MetricsError(
    'ERR_METRICS_METRIC_RESET',
    `the series was reset between the two documents, from\n  ${sampleText(name, earlier)}\nto\n  ${sampleText(name, later)}`,
  );
}
