// Serves the totals of a fleet that Prometheus scrapes as one document:
//   PROMETHEUS_URL=http://127.0.0.1:9090 node example-app/dist/sources/prometheus-server.js
//   curl http://127.0.0.1:3001/metrics.json
import express from 'express';
import { metricsRouter } from 'express-metrics-json';
import { prometheusServerSource } from 'express-metrics-json/prometheus-server';

const source = prometheusServerSource({
  url: process.env.PROMETHEUS_URL || 'http://127.0.0.1:9090',
  queries: {
    instances_up: { query: 'count(up{job="api"} == 1)', help: 'instances that the last scrape reached' },
    messages_accepted_total: 'sum(messages_accepted_total)',
    messages_delivered_total: 'sum by (domain) (messages_delivered_total)',
    messages_failed_ratio: {
      query: 'sum(rate(messages_failed_total[5m])) / sum(rate(messages_accepted_total[5m]))',
      help: 'share of accepted messages that could not be delivered, in the last 5 minutes',
      unit: 'ratio',
    },
    queue_depth: 'sum by (queue) (queue_depth)',
    message_delivery_latency_seconds: { histogram: 'message_delivery_latency_seconds', by: [] },
    http_request_duration_seconds: { histogram: 'http_request_duration_seconds', by: ['route', 'status_code'] },
  },
});

const onError = ({ family, error }: { family?: string; error: unknown }) =>
  console.error(family ?? 'scrape', error instanceof Error ? error.message : error);

express()
  .use(metricsRouter({ source, onError }))
  .listen(Number(process.env.PORT || 3001), '127.0.0.1');
