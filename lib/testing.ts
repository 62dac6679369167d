export type { HistogramValue, LabelSet, SummaryValue } from './model/metric-family.ts';
export { checkedSource } from './testing/checked-source.ts';
export type { MetricsDocument, MetricValue, ScrapedFamily, ScrapedSample } from './testing/document.ts';
export type { Labels } from './testing/labels.ts';
export { type MetricMatchers, metricMatchers } from './testing/matchers.ts';
export { type MemoryFamily, type MemorySource, memorySource } from './testing/memory-source.ts';
export { metricDelta, metricValue } from './testing/metric-value.ts';
export { type ScrapedApp, type ScrapeMetricsOptions, scrapeMetrics } from './testing/scrape-metrics.ts';
