import type { MetricsSource } from 'express-metrics-json';
import { processMetrics } from 'express-metrics-json/process';
import { promClientSource } from 'express-metrics-json/prom-client';
import { createRegistry } from 'express-metrics-json/registry';
import { type RequestMetrics, requestMetrics } from 'express-metrics-json/requests';
import { Counter, Gauge, Registry } from 'prom-client';
import type { MailQueues } from './mail-queue.ts';

export interface Metrics {
  readonly sources: MetricsSource[];
  /** Middleware that measures the requests. */
  readonly requests: RequestMetrics;
}

/** Creates every metric of the service and connects it to the events that change it. */
export function createMetrics(queues: MailQueues): Metrics {
  // Not prom-client's global registry, because a process may have several apps, as the tests do.
  const registry = new Registry();
  const registers = [registry];

  const accepted = new Counter({
    name: 'messages_accepted_total',
    help: 'messages taken into a queue',
    registers,
  });
  const delivered = new Counter({
    name: 'messages_delivered_total',
    help: 'messages that the receiving server took',
    labelNames: ['domain'],
    registers,
  });
  const deferred = new Counter({
    name: 'messages_deferred_total',
    help: 'attempts that failed and are tried again later',
    labelNames: ['domain', 'reason'],
    registers,
  });
  const failed = new Counter({
    name: 'messages_failed_total',
    help: 'messages that were given up',
    labelNames: ['domain', 'reason'],
    registers,
  });
  // One metric in the package's own registry, which may stand next to prom-client's.
  const own = createRegistry();
  const latency = own.histogram({
    name: 'message_delivery_latency_seconds',
    help: 'from acceptance to delivery, retries included',
    unit: 'seconds',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  });

  // A queue has its domain's name. The number of queues is limited, and therefore the number of label values.
  queues.on('accepted', () => accepted.inc());
  queues.on('deferred', ({ queue }, reason) => deferred.inc({ domain: queue, reason }));
  queues.on('failed', ({ queue }, reason) => failed.inc({ domain: queue, reason }));
  queues.on('delivered', ({ queue, acceptedAt }) => {
    delivered.inc({ domain: queue });
    latency.observe((performance.now() - acceptedAt) / 1000);
  });

  // These two are read from the queues on each scrape, so that they are always up to date.
  new Gauge({
    name: 'queue_depth',
    help: 'messages that wait for their first or next attempt',
    labelNames: ['queue'],
    registers,
    collect() {
      for (const { name, ready, deferred } of queues.states()) this.set({ queue: name }, ready + deferred);
    },
  });
  new Gauge({
    name: 'deliveries_in_progress',
    help: 'messages that are being handed over',
    labelNames: ['queue'],
    registers,
    collect() {
      for (const { name, delivering } of queues.states()) this.set({ queue: name }, delivering);
    },
  });

  const requests = requestMetrics({ buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1] });
  // The two observers are off by default, because they cost something all the time.
  const ofProcess = processMetrics({ gc: true, eventLoop: true });
  return { sources: [promClientSource(registry), own, requests, ofProcess], requests };
}
