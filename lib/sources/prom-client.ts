import type { Aggregator, LabelSet, MetricFamily, MetricType, Sample } from '../model/metric-family.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { checkValue } from '../util/check-options.ts';
import type { Check } from '../util/expect.ts';
import { withDefaultLabels } from './prom-client/default-labels.ts';
import {
  hasNonZeroValue,
  hasUnlabelled,
  type PromClientInternals,
  sampleSubsetMatches,
  storedSamples,
} from './prom-client/store.ts';
import { type MetricData, samplesOf } from './prom-client/values.ts';

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
  checkValue('promClientSource', 'registry', registry, isRegistry);
  const readers = new WeakMap<Metric, MetricReader>();
  function readerOf(metric: Metric): MetricReader {
    const reader = readers.get(metric) ?? new MetricReader(metric);
    readers.set(metric, reader);
    return reader;
  }
  return {
    async *collect({ wants, report }) {
      for (const metric of registry.getMetricsAsArray() as readonly Metric[]) {
        if (!wants(metric.name)) continue;
        const family = await readerOf(metric)
          .read(defaultLabels(registry))
          .catch((error) => report(error, metric.name));
        if (family !== undefined) yield family;
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

/** prom-client has no public way to ask for them, and applies them in `metrics()` alone. */
function defaultLabels(registry: object): LabelSet {
  return (registry as { _defaultLabels?: LabelSet })._defaultLabels ?? {};
}

interface Metric extends PromClientInternals {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly labelNames?: readonly string[];
  readonly aggregator?: Aggregator;
  collect?(): unknown;
  /** Runs the `collect()` callback and copies all series. A promise, but for a fork that is synchronous. */
  get(): MetricData | Promise<MetricData>;
}

/** Maximum number of mismatches between the store and `get()`, after which the store is not used. */
const MAX_MISMATCHES = 3;

/** Reads one metric from scrape to scrape. */
class MetricReader {
  private readonly metric: Metric;
  /** Whether the stored series equal those of `get()`. False until they were compared. */
  private canReadStore = false;
  private mismatches = 0;

  constructor(metric: Metric) {
    this.metric = metric;
  }

  async read(defaults: LabelSet): Promise<MetricFamily> {
    const { metric } = this;
    const { name, help, type, samples } = await this.series();
    const labelNames = declaredLabels(metric, defaults, () =>
      hasUnlabelled(samples, this.canReadStore ? metric : undefined),
    );
    const { aggregator } = metric;
    return {
      name,
      help,
      type,
      ...(labelNames !== undefined && { labelNames }),
      ...(aggregator !== undefined && { aggregator }),
      samples: withDefaultLabels(samples, defaults),
    };
  }

  private async series(): Promise<Pick<Metric, 'name' | 'help' | 'type'> & { samples: Iterable<Sample> }> {
    const { metric } = this;
    if (this.canReadStore) {
      await metric.collect?.();
      const samples = storedSamples(metric);
      if (samples !== undefined) return { name: metric.name, help: metric.help, type: metric.type, samples };
    }
    const data = await metric.get();
    const samples = samplesOf(data);
    if (this.mismatches < MAX_MISMATCHES && hasNonZeroValue(samples)) {
      const stored = storedSamples(metric);
      this.canReadStore = stored !== undefined && sampleSubsetMatches(samples, stored);
      if (!this.canReadStore) this.mismatches++;
    }
    return { name: data.name, help: data.help, type: data.type, samples };
  }
}

/**
 * A single label is declared only while every series has it: prom-client lets such a family be counted
 * without the label too, and a declaration would cost that series.
 */
function declaredLabels(
  { labelNames }: Metric,
  defaults: LabelSet,
  lacksLabel: () => boolean,
): readonly string[] | undefined {
  const names = labelNames && [...new Set([...labelNames, ...Object.keys(defaults)])];
  return names?.length === 1 && names[0] === labelNames?.[0] && lacksLabel() ? undefined : names;
}
