import { checkDocument } from './check-document.ts';
import type { MetricsDocument, MetricValue } from './document.ts';
import { findSeries } from './find-series.ts';
import type { Labels } from './labels.ts';

/**
 * The value of one series: a number or, of a histogram or summary, its structured value, whose type is to be named
 * then (`metricValue<HistogramValue>(…).count`). Labels need not be all that the series has, but enough to tell it from
 * others. NaN where JSON has null.
 *
 * @throws {MetricsError} `ERR_METRICS_METRIC_NOT_FOUND`, with the nearest names or series; `ERR_METRICS_METRIC_AMBIGUOUS`, with the candidates
 * @throws {TypeError} for what is not a document
 * @example
 * expect(metricValue(await scrapeMetrics(app), 'queue_depth', { queue: 'a' })).toBe(3);
 */
export function metricValue<Value extends MetricValue = number>(
  document: MetricsDocument,
  name: string,
  labels?: Labels,
): Value {
  return findSeries(checkDocument('metricValue', 'document', document), name, labels).value as Value;
}
