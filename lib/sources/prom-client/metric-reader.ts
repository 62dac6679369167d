import { BATCHES, type BatchedSamples } from '../../encoders/batches.ts';
import { clashingLast } from '../../model/clashing-last.ts';
import type { Aggregator, LabelSet, MetricFamily, MetricType, Sample } from '../../model/metric-family.ts';
import { isSameList } from '../../util/is-same-list.ts';
import { isPromise } from '../../util/steps.ts';
import { withDefaultLabels } from './default-labels.ts';
import { LabelTexts, withLabelTexts } from './label-texts.ts';
import { hasNonZeroValue, type PromClientInternals, Store, sampleSubsetMatches } from './store.ts';
import { type MetricData, samplesOf } from './values.ts';

/** A metric of a registry, by structure. */
export interface Metric extends PromClientInternals {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly labelNames?: readonly string[];
  readonly aggregator?: Aggregator;
  collect?(): unknown;
  /** Runs the `collect()` callback and copies all series. A promise, but for a fork that is synchronous. */
  get(): MetricData | Promise<MetricData>;
}

type LabelNames = MetricFamily['labelNames'];

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

/** The readers of a registry's metrics. */
export class MetricReaders {
  private readonly readers = new WeakMap<Metric, MetricReader>();
  private readonly storeChecks = new WeakMap<object, StoreCheck>();
  private metrics: readonly Metric[] = [];
  private ordered: readonly MetricReader[] = [];

  /** Returns them in the order of the families. The metrics are mostly the same from scrape to scrape. */
  of(metrics: readonly Metric[]): readonly MetricReader[] {
    if (!isSameList(metrics, this.metrics)) {
      // A copy: a fork may return the list that it keeps.
      this.metrics = [...metrics];
      this.ordered = clashingLast(metrics, mayBeCounter).map((metric) => this.readerOf(metric));
    }
    return this.ordered;
  }

  private readerOf(metric: Metric): MetricReader {
    const reader = this.readers.get(metric) ?? new MetricReader(metric, this.storeCheckOf(metric));
    this.readers.set(metric, reader);
    return reader;
  }

  private storeCheckOf(metric: Metric): StoreCheck {
    const kind = Object.getPrototypeOf(metric) ?? metric;
    const check = this.storeChecks.get(kind) ?? { canRead: false, mismatches: 0 };
    this.storeChecks.set(kind, check);
    return check;
  }
}

/** Reads one metric from scrape to scrape. */
class MetricReader {
  private readonly metric: Metric;
  private readonly storeCheck: StoreCheck;
  private readonly store: Store;
  private readonly labelTexts = new LabelTexts();
  /** The last family of stored series. */
  private last:
    | { readonly family: MetricFamily; readonly stored: BatchedSamples; readonly defaults: LabelSet }
    | undefined;
  private declared: { from: Metric['labelNames']; defaults: LabelSet; names: readonly string[] } | undefined;

  constructor(metric: Metric, storeCheck: StoreCheck) {
    this.metric = metric;
    this.storeCheck = storeCheck;
    this.store = new Store(metric);
  }

  get name(): string {
    return this.metric.name;
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
    const { last } = this;
    const stored = this.store.samples();
    const labelNames = this.labelNames(defaults, this.store.hasUnlabelled());
    if (last?.stored === stored && last.defaults === defaults && this.isUnchanged(last.family, labelNames))
      return last.family;
    const family = this.family(this.metric, stored, defaults, labelNames);
    this.last = { family, stored, defaults };
    return family;
  }

  private isUnchanged({ name, help, type, labelNames, aggregator }: MetricFamily, declared: LabelNames): boolean {
    const { metric } = this;
    const isSameHeader = name === metric.name && help === metric.help && type === metric.type;
    return isSameHeader && labelNames === declared && aggregator === metric.aggregator;
  }

  /** Reads the public copy of the series, and compares the store with it. */
  private async copySeries(defaults: LabelSet): Promise<MetricFamily> {
    const data = await this.metric.get();
    const samples = samplesOf(data);
    this.checkStore(samples);
    const hasUnlabelled = samples.some(({ labels }) => Object.keys(labels).length === 0);
    return this.family(data, samples, defaults, this.labelNames(defaults, hasUnlabelled));
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
    labelNames: LabelNames,
  ): MetricFamily {
    const { aggregator } = this.metric;
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
  private labelNames(defaults: LabelSet, hasUnlabelled: boolean): LabelNames {
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
