/** KumoMTA's JSON, Prometheus text (0.0.4 and 1.0.0) or OpenMetrics. */
export type DocumentFormat = 'json' | 'prometheus' | 'openmetrics';
