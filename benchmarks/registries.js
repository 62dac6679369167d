// The same content for every side: 60 % of the children have one label, 30 % three, 10 % are histograms of
// 12 buckets. A family has at most 1,000 children up to 100,000 of them, and then more of them.

import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { AggregationType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { openTelemetrySource } from '../dist/esm/sources/opentelemetry.js';
import { createRegistry } from '../dist/esm/sources/registry.js';

export const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** How many children each family of a mix of `children` has. */
export function plan(children) {
  const perFamily = Math.min(children, Math.max(100, Math.min(10_000, children / 100)));
  const families = [];
  const add = (kind, share) => {
    for (let left = Math.round(children * share), i = 0; left > 0; left -= perFamily, i++) {
      families.push({ name: `bench_${kind}_${i}`, kind, children: Math.min(left, perFamily) });
    }
  };
  add('single_total', 0.3);
  add('single', 0.3);
  add('triple', 0.3);
  add('latency_seconds', 0.1);
  return families;
}

export const labelNames = {
  single_total: ['service'],
  single: ['queue'],
  triple: ['pool', 'source', 'region'],
  latency_seconds: ['route'],
};

export function labelsOf(kind, i) {
  switch (kind) {
    case 'single_total':
      return { service: `smtp_client:source${i}->mx${i % 977}.example.com` };
    case 'single':
      return { queue: `tenant-${i}@customer-${i % 631}.example.org` };
    case 'triple':
      return { pool: `pool-${i % 17}`, source: `source-${i}`, region: `eu-central-${i % 3}` };
    default:
      return { route: `/api/v1/things/${i}` };
  }
}

/**
 * Fills a registry of prom-client or a fork; `touch()` changes every value, and `touching()` some at a time. Each update
 * has a label object of its own, as an app's updates have: a registry keeps the last one that it was given.
 */
export function promClientRegistry(client, children) {
  const registry = new client.Registry();
  const metrics = plan(children).map((family) => {
    const Metric = { single_total: client.Counter, latency_seconds: client.Histogram }[family.kind] ?? client.Gauge;
    const options = {
      name: family.name,
      help: `a ${family.kind} of the benchmark`,
      labelNames: labelNames[family.kind],
      registers: [registry],
    };
    if (family.kind === 'latency_seconds') options.buckets = BUCKETS;
    return { family, metric: new Metric(options) };
  });
  return { registry, ...touches(metrics) };
}

/** The same in our own registry. */
export function ownRegistry(children) {
  const registry = createRegistry();
  const metrics = plan(children).map((family) => {
    const method = { single_total: 'counter', latency_seconds: 'histogram' }[family.kind] ?? 'gauge';
    const options = {
      name: family.name,
      help: `a ${family.kind} of the benchmark`,
      labelNames: labelNames[family.kind],
      ...(method === 'histogram' && { buckets: BUCKETS }),
    };
    return { family, metric: registry[method](options) };
  });
  return { registry, ...touches(metrics) };
}

/** The updates of metrics with prom-client's methods. */
function touches(metrics) {
  let round = 0;
  function* touching() {
    round++;
    for (const { family, metric } of metrics) {
      for (let i = 0; i < family.children; i++) {
        if (i % 200 === 199) yield;
        const labels = labelsOf(family.kind, i);
        if (family.kind === 'latency_seconds') metric.observe(labels, ((i * 7 + round) % 600) / 100);
        else if (family.kind === 'single_total') metric.inc(labels, (i % 13) + 1);
        else metric.set(labels, i % 3 === 0 ? (i * round) / 8 : i + round);
      }
    }
  }
  const touch = () => Array.from(touching());
  touch();
  return { touch, touching };
}

/** The same content as plain families, whose values change in place. */
export function plainSource(children) {
  const families = plan(children).map(({ name, kind, children: n }) => {
    const isHistogram = kind === 'latency_seconds';
    const samples = Array.from({ length: n }, (_, i) => ({
      labels: labelsOf(kind, i),
      value: isHistogram ? { count: 0, sum: 0, bounds: BUCKETS, cumulativeCounts: BUCKETS.map(() => 0) } : 0,
    }));
    const type = { single_total: 'counter', latency_seconds: 'histogram' }[kind] ?? 'gauge';
    return { name, help: `a ${kind} of the benchmark`, type, labelNames: labelNames[kind], samples };
  });
  let round = 0;
  function touch() {
    round++;
    for (const { type, samples } of families) {
      for (let i = 0; i < samples.length; i++) {
        const sample = samples[i];
        if (type === 'histogram') {
          const observed = ((i * 7 + round) % 600) / 100;
          sample.value.count++;
          sample.value.sum += observed;
          for (let b = 0; b < BUCKETS.length; b++) if (observed <= BUCKETS[b]) sample.value.cumulativeCounts[b]++;
        } else if (type === 'counter') sample.value += (i % 13) + 1;
        else sample.value = i % 3 === 0 ? (i * round) / 8 : i + round;
      }
    }
  }
  touch();
  return { source: { collect: () => families }, families, touch };
}

/** The same content in OpenTelemetry's SDK, written by its exporter's serializer, and read by our source. */
export function openTelemetryProvider(children) {
  class Reader extends MetricReader {
    async onForceFlush() {}
    async onShutdown() {}
  }
  const reader = new Reader();
  const aggregation = { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: BUCKETS } };
  const aggregationCardinalityLimit = children + 1;
  const views = [
    { instrumentName: 'bench_single*', aggregationCardinalityLimit },
    { instrumentName: 'bench_triple*', aggregationCardinalityLimit },
    { instrumentName: 'bench_latency*', aggregationCardinalityLimit, aggregation },
  ];
  const source = openTelemetrySource();
  const provider = new MeterProvider({ readers: [reader, source.reader], views });
  const meter = provider.getMeter('bench');
  const instruments = plan(children).map((family) => {
    const create = { single_total: 'createCounter', latency_seconds: 'createHistogram' }[family.kind] ?? 'createGauge';
    const labels = Array.from({ length: family.children }, (_, i) => labelsOf(family.kind, i));
    return { family, labels, instrument: meter[create](family.name) };
  });
  let round = 0;
  function touch() {
    round++;
    for (const { family, labels, instrument } of instruments) {
      for (let i = 0; i < labels.length; i++) {
        if (family.kind === 'latency_seconds') instrument.record(((i * 7 + round) % 600) / 100, labels[i]);
        else if (family.kind === 'single_total') instrument.add((i % 13) + 1, labels[i]);
        else instrument.record(i % 3 === 0 ? (i * round) / 8 : i + round, labels[i]);
      }
    }
  }
  touch();
  const serializer = new PrometheusSerializer();
  const serialize = async () => serializer.serialize((await reader.collect()).resourceMetrics);
  return { source, touch, serialize };
}
