import type { LabelSet, MetricFamily } from '../metric-family.ts';
import type { MetricsSource } from '../metrics-source.ts';
import { type MetricData, samplesOf } from './prom-client-values.ts';

/**
 * What is needed of a registry, by structure: those of prom-client 14 and 15, `@prometheus-io/client` and
 * `@platformatic/prom-client` have it.
 */
export interface PromClientRegistry {
  getMetricsAsArray(): readonly object[];
}

/**
 * Reads a registry of prom-client or of one of its forks, a metric at a time. Default labels,
 * `collect()` callbacks and exemplars are honoured. A callback that fails costs its own family alone.
 *
 * @throws {TypeError} when it is given something else than a registry
 * @example
 * import { register } from 'prom-client';
 * app.use(metricsRouter({ source: promClientSource(register) }));
 */
export function promClientSource(registry: PromClientRegistry): MetricsSource {
  if (typeof registry?.getMetricsAsArray !== 'function') {
    throw new TypeError(
      `promClientSource: ${String(registry)} is not a registry; pass prom-client's register, or a Registry`,
    );
  }
  return {
    async *collect({ wants, report }) {
      for (const metric of registry.getMetricsAsArray() as readonly Metric[]) {
        if (!wants(metric.name)) continue;
        const family = await readFamily(metric, defaultLabels(registry)).catch((error) => report(error, metric.name));
        if (family !== undefined) yield family;
      }
    },
  };
}

interface Metric {
  readonly name: string;
  readonly labelNames?: readonly string[];
  /** Runs the `collect()` callback and copies all series. A promise, but for a fork that is synchronous. */
  get(): MetricData | Promise<MetricData>;
}

async function readFamily(metric: Metric, defaults: LabelSet): Promise<MetricFamily> {
  const data = await metric.get();
  const labelNames = declaredLabels(metric, defaults);
  return {
    name: data.name,
    help: data.help,
    type: data.type,
    ...(labelNames !== undefined && { labelNames }),
    samples: samplesOf(data, defaults),
  };
}

/** prom-client has no public way to ask for them, and applies them in `metrics()` alone. */
function defaultLabels(registry: object): LabelSet {
  return (registry as { _defaultLabels?: LabelSet })._defaultLabels ?? {};
}

/**
 * A single label is not declared: prom-client lets a family that has one also be counted without, and
 * declaring it would cost those samples.
 */
function declaredLabels({ labelNames }: Metric, defaults: LabelSet): readonly string[] | undefined {
  const names = labelNames && [...new Set([...labelNames, ...Object.keys(defaults)])];
  return names?.length === 1 ? undefined : names;
}
