export type { HistogramValue, LabelSet, SummaryValue } from './model/metric-family.ts';
export type { MetricsDocument, MetricValue, ScrapedFamily, ScrapedSample } from './reader/document.ts';
export type { Labels } from './reader/labels.ts';
export { metricDelta, metricValue } from './reader/metric-value.ts';
export { checkedSource } from './testing/checked-source.ts';
export { type MetricMatchers, metricMatchers } from './testing/matchers.ts';
export { type MemoryFamily, type MemorySource, memorySource } from './testing/memory-source.ts';
export { type ScrapedApp, type ScrapeMetricsOptions, scrapeMetrics } from './testing/scrape-metrics.ts';
