import { MetricsError } from '../model/errors.ts';
import type { HistogramValue, SummaryValue } from '../model/metric-family.ts';
import { checkDocument } from './check-document.ts';
import type { MetricsDocument, MetricValue, ScrapedSample } from './document.ts';
import { familyOf, findSeries, seriesWith } from './find-series.ts';
import { type Labels, labelKey } from './labels.ts';
import { sampleText } from './series-text.ts';

/**
 * By how much a series has gone up from one document to the next; what was not there before counts from 0. Of a
 * histogram, the histogram of what was observed in between; of a summary, count and sum without quantiles (name their
 * types, as with `metricValue`). A gauge may also have gone down.
 *
 * @throws {MetricsError} `ERR_METRICS_METRIC_RESET` when a counter, or a count, has gone down; as `metricValue` for a series that
 *   is not in the later document
 * @throws {TypeError} for what is not a document
 * @example
 * const before = await scrapeMetrics(app);
 * await request(app).post('/messages').send({ to: 'a@example.com' }).expect(202);
 * expect(metricDelta(before, await scrapeMetrics(app), 'messages_accepted_total')).toBe(1);
 */
export function metricDelta<Value extends MetricValue = number>(
  before: MetricsDocument,
  after: MetricsDocument,
  name: string,
  labels?: Labels,
): Value {
  checkDocument('metricDelta', 'before', before);
  const later = findSeries(checkDocument('metricDelta', 'after', after), name, labels);
  const earlier = seriesWith(before, name, later.labels).find((it) => labelKey(it.labels) === labelKey(later.labels));
  if (earlier === undefined) return sinceNothing(later.value) as Value;
  const change = difference(earlier.value, later.value, familyOf(after, name)?.type === 'counter');
  if (change === undefined) throw reset(name, earlier, later);
  return change as Value;
}

const sinceNothing = (value: MetricValue): MetricValue => (isSummary(value) ? withoutQuantiles(value) : value);

/** undefined when something has gone down that only goes up, or when both are not of one kind. */
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

// What is between two quantiles is no quantile.
const withoutQuantiles = (value: SummaryValue): SummaryValue => ({ ...value, quantiles: [], values: [] });

const isHistogram = (value: MetricValue): value is HistogramValue => typeof value === 'object' && 'bounds' in value;
const isSummary = (value: MetricValue): value is SummaryValue => typeof value === 'object' && 'quantiles' in value;

function reset(name: string, earlier: ScrapedSample, later: ScrapedSample): MetricsError {
  return new MetricsError(
    'ERR_METRICS_METRIC_RESET',
    `it was reset between the two documents, from\n  ${sampleText(name, earlier)}\nto\n  ${sampleText(name, later)}`,
  );
}
