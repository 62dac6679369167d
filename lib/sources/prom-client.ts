import { isSameLabelSet } from '../model/labels.ts';
import type { LabelSet, MetricFamily } from '../model/metric-family.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { checkValue } from '../util/check-options.ts';
import type { Check } from '../util/expect.ts';
import { type Metric, MetricReaders } from './prom-client/metric-reader.ts';

/**
 * What is needed of a registry, by structure: those of prom-client 14 and 15, `@prometheus-io/client` and
 * `@platformatic/prom-client` have it.
 */
export interface PromClientRegistry {
  getMetricsAsArray(): readonly object[];
}

/**
 * Reads a registry of prom-client or of one of its forks, a metric at a time. Default labels, label values that are no
 * strings, `collect()` callbacks and exemplars are treated as by the client. A callback that fails costs its own family
 * alone.
 *
 * @throws {TypeError} when it is given something else than a registry
 * @example
 * import { register } from 'prom-client';
 * app.use(metricsRouter({ source: promClientSource(register) }));
 */
export function promClientSource(registry: PromClientRegistry): MetricsSource {
  checkValue('promClientSource', 'registry', registry, isRegistry);
  const readers = new MetricReaders();
  const defaultLabels = createDefaultLabels(registry);
  return {
    /** A promise stands in for a family only where something has to be awaited. */
    *collect({ wants }) {
      const defaults = defaultLabels();
      for (const reader of readers.of(registry.getMetricsAsArray() as readonly Metric[])) {
        if (wants(reader.name)) yield reader.read(defaults) as MetricFamily;
      }
    },
  };
}

/** The module has its default registry as `register`. */
const isRegistry: Check = (value) => {
  const { getMetricsAsArray, register } = Object(value) as Partial<PromClientRegistry & { register: unknown }>;
  if (typeof getMetricsAsArray === 'function') return undefined;
  const expected = 'a registry of prom-client';
  return { expected, write: register === undefined ? 'register of prom-client, or a new Registry()' : 'its register' };
};

/**
 * Returns the registry's default labels as a copy that is a new object when they change, as the client keeps the app's
 * object. It has no public way to ask for them, and applies them in `metrics()` alone.
 */
function createDefaultLabels(registry: object): () => LabelSet {
  let last: LabelSet = {};
  return () => {
    const labels = (registry as { _defaultLabels?: LabelSet })._defaultLabels ?? {};
    if (!isSameLabelSet(last, labels)) last = { ...labels };
    return last;
  };
}
