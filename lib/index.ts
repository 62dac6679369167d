export type { AccessDecision, AccessOptions } from './access-options.ts';
export { MetricsError, type MetricsErrorCode, type ScrapeFailure } from './errors.ts';
export type { Middleware } from './gate.ts';
export type {
  Aggregator,
  Exemplar,
  HistogramValue,
  LabelSet,
  MetricFamily,
  MetricType,
  Sample,
  SummaryValue,
} from './metric-family.ts';
export { type MetricsRouter, metricsRouter } from './metrics-router.ts';
export type { MetricFamilies, MetricsSource, Scrape } from './metrics-source.ts';
export { refuseAuthorization, trustedIp } from './middleware.ts';
export type { MetricsRouterOptions } from './options.ts';
export type { Dashboard } from './page.ts';
export type { RefusalReason } from './refusals.ts';
export { type CombineOptions, combineSources } from './sources/combine.ts';
export { type HideIdleOptions, hideIdle } from './sources/hide-idle.ts';
export { type LimitSeriesOptions, limitSeries } from './sources/limit-series.ts';
