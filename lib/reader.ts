export type { DocumentFormat } from './model/document-format.ts';
export type { HistogramValue, LabelSet, MetricFamily, Sample, SummaryValue } from './model/metric-family.ts';
export type { MetricsDocument, MetricValue, ScrapedFamily, ScrapedSample } from './reader/document.ts';
export type { Labels } from './reader/labels.ts';
export { metricDelta, metricValue } from './reader/metric-value.ts';
export type { MetricsInput, ReadMetricsOptions } from './reader/options.ts';
export { readMetrics } from './reader/read-metrics.ts';
export { streamMetrics } from './reader/stream-metrics.ts';
