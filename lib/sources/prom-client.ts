import { BATCHES, type BatchedSamples } from '../encoders/batches.ts';
import { clashingLast } from '../model/clashing-last.ts';
import type { Aggregator, LabelSet, MetricFamily, MetricType, Sample } from '../model/metric-family.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { checkValue } from '../util/check-options.ts';
import type { Check } from '../util/expect.ts';
import { isPromise } from '../util/steps.ts';
import { withDefaultLabels } from './prom-client/default-labels.ts';
import { LabelTexts, withLabelTexts } from './prom-client/label-texts.ts';
import { hasNonZeroValue, type PromClientInternals, Store, sampleSubsetMatches } from './prom-client/store.ts';
import { type MetricData, samplesOf } from './prom-client/values.ts';

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
  const readers = new WeakMap<Metric, MetricReader>();
  const storeChecks = new WeakMap<object, StoreCheck>();
  function readerOf(metric: Metric): MetricReader {
    const reader = readers.get(metric) ?? new MetricReader(metric, storeCheckOf(metric));
    readers.set(metric, reader);
    return reader;
  }
  function storeCheckOf(metric: Metric): StoreCheck {
    const kind = Object.getPrototypeOf(metric) ?? metric;
    const check = storeChecks.get(kind) ?? { canRead: false, mismatches: 0 };
    storeChecks.set(kind, check);
    return check;
  }
  return {
    /** A promise stands in for a family only where something has to be awaited. */
    *collect({ wants }) {
      const defaults = defaultLabels(registry);
      const metrics = registry.getMetricsAsArray() as readonly Metric[];
      for (const metric of clashingLast(metrics, mayBeCounter)) {
        if (wants(metric.name)) yield readerOf(metric).read(defaults) as MetricFamily;
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

/** prom-client 14 has the type in the result of get() alone. */
const mayBeCounter = ({ type }: Partial<Metric>) => type === undefined || type === 'counter';

/** Maximum number of mismatches between the store and `get()`, after which the store is not used. */
const MAX_MISMATCHES = 3;

/**
 * What is known about the stores of a class of metrics. A metric alone could not be checked while all of its values
 * are zero, as those of many are.
 */
interface StoreCheck {
  /** Whether the stored series of a metric equalled those of its `get()`. False until they were compared. */
  canRead: boolean;
  mismatches: number;
}

/** Reads one metric from scrape to scrape. */
class MetricReader {
  private readonly metric: Metric;
  private readonly storeCheck: StoreCheck;
  private readonly store: Store;
  private readonly labelTexts = new LabelTexts();
  private declared: { from: Metric['labelNames']; defaults: LabelSet; names: readonly string[] } | undefined;

  constructor(metric: Metric, storeCheck: StoreCheck) {
    this.metric = metric;
    this.storeCheck = storeCheck;
    this.store = new Store(metric);
  }

  /** Never fails: a family that cannot be read fails in place of its samples, so that it alone is dropped. */
  read(defaults: LabelSet): MetricFamily | Promise<MetricFamily> {
    try {
      if (!this.storeCheck.canRead || !this.store.isUnderstood())
        return this.copySeries(defaults).catch((error) => this.failed(error));
      const pending = this.metric.collect?.();
      if (!isPromise(pending)) return this.stored(defaults);
      return this.storedAfter(pending, defaults).catch((error) => this.failed(error));
    } catch (error) {
      return this.failed(error);
    }
  }

  private async storedAfter(pending: PromiseLike<unknown>, defaults: LabelSet): Promise<MetricFamily> {
    await pending;
    return this.stored(defaults);
  }

  private stored(defaults: LabelSet): MetricFamily {
    return this.family(this.metric, this.store.samples(), defaults, this.store.hasUnlabelled());
  }

  /** Reads the public copy of the series, and compares the store with it. */
  private async copySeries(defaults: LabelSet): Promise<MetricFamily> {
    const data = await this.metric.get();
    const samples = samplesOf(data);
    this.checkStore(samples);
    const hasUnlabelled = samples.some(({ labels }) => Object.keys(labels).length === 0);
    return this.family(data, samples, defaults, hasUnlabelled);
  }

  private checkStore(samples: readonly Sample[]): void {
    const { storeCheck } = this;
    if (storeCheck.canRead || storeCheck.mismatches >= MAX_MISMATCHES || !hasNonZeroValue(samples)) return;
    // A metric whose `get()` is overridden says nothing about its class.
    if (!this.store.isUnderstood()) return;
    storeCheck.canRead = sampleSubsetMatches(samples, this.store.samples());
    if (!storeCheck.canRead) storeCheck.mismatches++;
  }

  private family(
    { name, help, type }: Pick<Metric, 'name' | 'help' | 'type'>,
    samples: readonly Sample[] | BatchedSamples,
    defaults: LabelSet,
    hasUnlabelled: boolean,
  ): MetricFamily {
    const { aggregator } = this.metric;
    const labelNames = this.labelNames(defaults, hasUnlabelled);
    return {
      name,
      help,
      type,
      ...(labelNames !== undefined && { labelNames }),
      ...(aggregator !== undefined && { aggregator }),
      samples: this.withLabels(samples, defaults),
    };
  }

  /** Returns the samples with the labels that the client writes. */
  private withLabels(samples: readonly Sample[] | BatchedSamples, defaults: LabelSet): Iterable<Sample> {
    if (Object.keys(defaults).length > 0) return withDefaultLabels(samples, defaults, this.store.fillsEmptyLabels());
    if (BATCHES in samples) return this.labelTexts.convert(samples);
    return samples.map(withLabelTexts);
  }

  /**
   * A single label is declared only while every series has it: prom-client lets such a family be counted without the
   * label too, and a declaration would cost that series.
   */
  private labelNames(defaults: LabelSet, hasUnlabelled: boolean): readonly string[] | undefined {
    const { labelNames } = this.metric;
    if (labelNames === undefined) return undefined;
    if (this.declared?.from !== labelNames || this.declared.defaults !== defaults) {
      const names = [...new Set([...labelNames, ...Object.keys(defaults)])];
      this.declared = { from: labelNames, defaults, names };
    }
    const { names } = this.declared;
    return names.length === 1 && names[0] === labelNames[0] && hasUnlabelled ? undefined : names;
  }

  private failed(error: unknown): MetricFamily {
    // prom-client 14 has the type in the result of get() alone.
    const { name, help, type = 'untyped' } = this.metric;
    const samples = {
      [Symbol.iterator](): Iterator<Sample> {
        throw error;
      },
    };
    return { name, help, type, samples };
  }
}
