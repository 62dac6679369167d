export type { AccessDecision, AccessOptions } from './access/options.ts';
export type { RefusalReason } from './access/refusals.ts';
export type { Dashboard } from './http/endpoints.ts';
export type { Middleware } from './http/guard-middleware.ts';
export { MetricsError, type MetricsErrorCode, type ScrapeFailure } from './model/errors.ts';
export type {
  Aggregator,
  Exemplar,
  HistogramValue,
  LabelSet,
  MetricFamily,
  MetricType,
  Sample,
  SummaryValue,
} from './model/metric-family.ts';
export type { MetricFamilies, MetricsSource, Scrape } from './model/metrics-source.ts';
export { type MetricsRouter, metricsRouter } from './router/metrics-router.ts';
export { type AllowlistMiddleware, refuseAuthorization, trustedIp } from './router/middleware.ts';
export type { MetricsRouterOptions } from './router/options.ts';
export { type CombineOptions, combineSources } from './sources/combine.ts';
export { type HideIdleOptions, hideIdle } from './sources/hide-idle.ts';
export { type LimitSeriesOptions, limitSeries } from './sources/limit-series.ts';
