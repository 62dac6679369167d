import type { Aggregator, LabelSet } from '../../model/metric-family.ts';
import type { MetricsSource } from '../../model/metrics-source.ts';
import type { LabelValue, LabelValues } from './label-values.ts';

/** What `createRegistry` takes. Everything has a default. */
export interface RegistryOptions {
  /**
   * Constant labels of every series, after its own.
   * @default {}
   */
  readonly labels?: Readonly<Record<string, LabelValue>> | undefined;
}

/** What every metric takes. */
export interface MetricOptions<L extends string = string> {
  readonly name: string;
  readonly help: string;
  /** Base unit, such as `seconds` or `bytes`. OpenMetrics writes it when the name ends in it. */
  readonly unit?: string | undefined;
  /**
   * Names of the labels that every update gives.
   * @default []
   */
  readonly labelNames?: readonly L[] | undefined;
  /**
   * Maximum number of series. Updates of further label sets count in one more series, whose label values are all
   * `other`; those of a gauge are dropped. Either way `metrics_series_dropped_total` counts them.
   * @default 10_000
   */
  readonly maxSeries?: number | undefined;
  /** Time (ms) without an update after which a series is removed. By default, none is. */
  readonly expireAfter?: number | undefined;
}

/** What `registry.counter` takes. */
export interface CounterOptions<L extends string = string> extends MetricOptions<L> {
  /** Called at each scrape that wants the metric, to update it. A failure costs this metric alone. */
  readonly collect?: ((this: Counter<L>, counter: Counter<L>) => void | Promise<void>) | undefined;
}

/** What `registry.gauge` takes. */
export interface GaugeOptions<L extends string = string> extends MetricOptions<L> {
  /**
   * How `clusterSource` merges the values of several processes.
   * @default 'sum'
   */
  readonly aggregator?: Aggregator | undefined;
  /** Called at each scrape that wants the metric, to update it. A failure costs this metric alone. */
  readonly collect?: ((this: Gauge<L>, gauge: Gauge<L>) => void | Promise<void>) | undefined;
}

/** What `registry.histogram` takes. */
export interface HistogramOptions<L extends string = string> extends MetricOptions<L> {
  /**
   * Upper bounds of the buckets, ascending, without +Inf.
   * @default [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
   */
  readonly buckets?: readonly number[] | undefined;
  /** Called at each scrape that wants the metric, to update it. A failure costs this metric alone. */
  readonly collect?: ((this: Histogram<L>, histogram: Histogram<L>) => void | Promise<void>) | undefined;
}

/** Arguments of an update: the labels, unless the metric has none, and what follows them. */
export type UpdateArguments<L extends string, Rest extends unknown[]> = [L] extends [never]
  ? Rest
  : [labels: LabelValues<L>, ...rest: Rest];

/** The labels of one series: an object, or the values in the order of `labelNames`. */
export type SeriesArguments<L extends string> = [labels: LabelValues<L>] | LabelValue[];

/** What the metrics of all types have. */
interface Metric<L extends string, Series> {
  /** Returns a handle of one series, whose updates need no look-up. The first update creates the series. */
  labels(...args: SeriesArguments<L>): Series;
  /** Removes a series, if it exists. */
  remove(...args: SeriesArguments<L>): void;
  /** Removes all series. That of a metric without labels starts again at 0. */
  reset(): void;
}

/** A number that only increases. */
export interface Counter<L extends string = never> extends Metric<L, CounterSeries> {
  /**
   * Adds a finite number of at least 0; by default 1. `exemplar` has the labels of an exemplar, such as a trace id.
   *
   * @throws {TypeError} for another number, or an unknown or missing label
   */
  inc(...args: UpdateArguments<L, [value?: number, exemplar?: LabelSet]>): void;
}

/** One series of a counter. */
export interface CounterSeries {
  /** Adds a finite number of at least 0; by default 1. */
  inc(value?: number, exemplar?: LabelSet): void;
}

/** A number that increases and decreases. */
export interface Gauge<L extends string = never> extends Metric<L, GaugeSeries> {
  /** Adds a number, by default 1. */
  inc(...args: UpdateArguments<L, [value?: number]>): void;
  /** Subtracts a number, by default 1. */
  dec(...args: UpdateArguments<L, [value?: number]>): void;
  /**
   * Sets the number.
   *
   * @throws {TypeError} for anything else, or an unknown or missing label
   */
  set(...args: UpdateArguments<L, [value: number]>): void;
  /** Sets the seconds since the Unix epoch. */
  setToCurrentTime(...args: UpdateArguments<L, []>): void;
  /** Starts a timer. Its end sets the seconds that have passed. */
  startTimer(labels?: Partial<LabelValues<L>>): (labels?: Partial<LabelValues<L>>) => number;
}

/** One series of a gauge. */
export interface GaugeSeries {
  /** Adds a number, by default 1. */
  inc(value?: number): void;
  /** Subtracts a number, by default 1. */
  dec(value?: number): void;
  /** Sets the number. */
  set(value: number): void;
  /** Sets the seconds since the Unix epoch. */
  setToCurrentTime(): void;
  /** Starts a timer. Its end sets the seconds that have passed. */
  startTimer(): () => number;
}

/** Counts of observed numbers, by size. */
export interface Histogram<L extends string = never> extends Metric<L, HistogramSeries> {
  /**
   * Counts a finite number. `exemplar` has the labels of an exemplar, such as a trace id.
   *
   * @throws {TypeError} for another number, or an unknown or missing label
   */
  observe(...args: UpdateArguments<L, [value: number, exemplar?: LabelSet]>): void;
  /** Starts a timer. Its end observes the seconds that have passed. */
  startTimer(labels?: Partial<LabelValues<L>>): (labels?: Partial<LabelValues<L>>, exemplar?: LabelSet) => number;
  /** Creates a series, if it does not exist, or sets its counts to 0. */
  zero(...args: UpdateArguments<L, []>): void;
}

/** One series of a histogram. */
export interface HistogramSeries {
  /** Counts a finite number. */
  observe(value: number, exemplar?: LabelSet): void;
  /** Starts a timer. Its end observes the seconds that have passed. */
  startTimer(): (exemplar?: LabelSet) => number;
}

/** Creates metrics, and supplies them as a source. */
export interface Registry extends MetricsSource {
  /** @throws {TypeError} for an unknown, missing or invalid option, or a name that is taken */
  counter<L extends string = never>(options: CounterOptions<L>): Counter<L>;
  /** @throws {TypeError} for an unknown, missing or invalid option, or a name that is taken */
  gauge<L extends string = never>(options: GaugeOptions<L>): Gauge<L>;
  /** @throws {TypeError} for an unknown, missing or invalid option, or a name that is taken */
  histogram<L extends string = never>(options: HistogramOptions<L>): Histogram<L>;
  /** Resets every metric, for tests. */
  resetMetrics(): void;
}
