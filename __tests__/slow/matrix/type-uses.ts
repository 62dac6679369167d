/**
 * A file in which the types of all entry points are used, but those of OpenTelemetry's, which asks for more packages.
 * The expected mistakes show that the types were found, and are not `any`.
 */
export const TYPE_USES = `
import { combineSources, metricsRouter, trustedIp, MetricsError } from 'express-metrics-json';
import type { AccessDecision, MetricFamily, MetricsRouterOptions, MetricsSource, Sample, Scrape } from 'express-metrics-json';
import { clusterSource, type ClusterSourceOptions } from 'express-metrics-json/cluster';
import { dashboard, type DashboardOptions } from 'express-metrics-json/dashboard';
import { promClientSource } from 'express-metrics-json/prom-client';
import { prometheusServerSource, type Queries } from 'express-metrics-json/prometheus-server';
import { createRegistry, type Registry } from 'express-metrics-json/registry';
import { remoteSource, type RemoteSourceOptions } from 'express-metrics-json/remote';
import { renderMetrics, type RenderedMetrics } from 'express-metrics-json/render';
import { memorySource, type MemorySource, type MetricsDocument, scrapeMetrics } from 'express-metrics-json/testing';

const sample: Sample = { labels: {}, value: 1 };
const family: MetricFamily = { name: 'up', type: 'gauge', samples: [sample] };
const source: MetricsSource = { collect: (scrape: Scrape) => (scrape.wants('up') ? [family] : []) };
const page: DashboardOptions = { title: 'Mail' };
const options: MetricsRouterOptions = { source: [source], dashboard: dashboard(page) };
const failure: string = new MetricsError('ERR_METRICS_SOURCE_FAILED', 'lost').code;
const memory: MemorySource = memorySource();
const queries: Queries = { up: { query: 'up', type: 'gauge' } };
const remote: RemoteSourceOptions = { labels: { instance: 'a' } };
const cluster: ClusterSourceOptions = {};
const registry: Registry = createRegistry({ labels: { region: 'eu' } });
const depth = registry.gauge({ name: 'depth', help: 'Depth.', labelNames: ['queue'] });

export const router = () => metricsRouter({ ...options, onDecision: ({ reason }: AccessDecision) => reason });
export const scraped = (): Promise<MetricsDocument> => scrapeMetrics('http://127.0.0.1:3000');
export const sources = (): MetricsSource[] => [
  combineSources([memory, registry, remoteSource('http://127.0.0.1:3000/metrics', remote)]),
  clusterSource(source, cluster),
  prometheusServerSource({ url: 'http://127.0.0.1:9090', queries }),
];
export const rendered = (): RenderedMetrics => renderMetrics(source);
export const isLost = failure === 'ERR_METRICS_SOURCE_FAILED';

// @ts-expect-error: a source is an object
void (() => metricsRouter({ source: 'up' }));
// @ts-expect-error: a list is a list
void (() => trustedIp({ trustedHosts: '127.0.0.1' }));
// @ts-expect-error: a document is no registry
void (() => promClientSource({ up: 1 }));
// @ts-expect-error: it is milliseconds
void (() => dashboard({ interval: '5s' }));
// @ts-expect-error: one of the types of metrics
void (() => memory.set('up', { type: 'gage', samples: [] }));
// @ts-expect-error: a source is required
void (() => renderMetrics());
// @ts-expect-error: it has no such option
void (() => remoteSource('http://127.0.0.1:3000/metrics', { lables: {} }));
// @ts-expect-error: a source is required
void (() => clusterSource());
// @ts-expect-error: it has no such label
void (() => depth.set({ queu: 'a' }, 1));
// @ts-expect-error: queries are required
void (() => prometheusServerSource({ url: 'http://127.0.0.1:9090' }));
`;
