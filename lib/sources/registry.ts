import { clashingLast } from '../model/clashing-last.ts';
import type { LabelSet, MetricFamily } from '../model/metric-family.ts';
import type { MetricFamilies, Scrape } from '../model/metrics-source.ts';
import { optionError, shown } from '../util/option-error.ts';
import { DROPPED_SERIES } from './dropped-series.ts';
import { Callback, type Outcome, settledFamilies } from './registry/callbacks.ts';
import { CounterMetric } from './registry/counter.ts';
import { DroppedSeries, OWNER, type RegistryOwner } from './registry/dropped-series.ts';
import { createFamily } from './registry/family.ts';
import { GaugeMetric } from './registry/gauge.ts';
import { HistogramMetric } from './registry/histogram.ts';
import { LabelReader } from './registry/label-values.ts';
import {
  type AnyMetricOptions,
  checkMetricOptions,
  checkRegistryOptions,
  type RegistryType,
} from './registry/options.ts';
import { SeriesTable } from './registry/series-table.ts';
import type {
  Counter,
  CounterOptions,
  Gauge,
  GaugeOptions,
  Histogram,
  HistogramOptions,
  Registry,
  RegistryOptions,
} from './registry/types.ts';

export type { LabelValue, LabelValues } from './registry/label-values.ts';
export type {
  Counter,
  CounterOptions,
  CounterSeries,
  Gauge,
  GaugeOptions,
  GaugeSeries,
  Histogram,
  HistogramOptions,
  HistogramSeries,
  MetricOptions,
  Registry,
  RegistryOptions,
} from './registry/types.ts';

/** prom-client's. */
const DEFAULT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const DEFAULT_MAX_SERIES = 10_000;

/**
 * Creates a registry: a source of the metrics that are created with it. Updates allocate nothing, and each metric has
 * a maximum number of series.
 *
 * @throws {TypeError} for an unknown or invalid option, which it names
 * @example
 * const metrics = createRegistry();
 * const accepted = metrics.counter({ name: 'accepted_total', help: 'Messages accepted.', labelNames: ['queue'] });
 * accepted.inc({ queue: 'a' });
 * app.use(metricsRouter({ source: metrics }));
 */
export function createRegistry(options: RegistryOptions = {}): Registry {
  const { labels = {} } = checkRegistryOptions(options);
  const { [OWNER]: owner } = options as { readonly [OWNER]?: RegistryOwner };
  const constants = Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
  return new MetricsRegistry(constants, owner);
}

/** A metric as the registry collects it. */
interface Entry {
  readonly name: string;
  readonly family: MetricFamily;
  readonly metric: CounterMetric | GaugeMetric | HistogramMetric;
  readonly table: SeriesTable;
  readonly callback: Callback | undefined;
}

type MetricClass<M> = new (name: string, reader: LabelReader, table: SeriesTable) => M;

class MetricsRegistry implements Registry {
  private readonly constants: LabelSet;
  private readonly dropped: DroppedSeries;
  private readonly entries: Entry[] = [];
  /** The entries in the order of the document, until one is added. */
  private ordered: readonly Entry[] | undefined;
  private readonly takenNames = new Set([DROPPED_SERIES]);

  constructor(constants: LabelSet, owner: RegistryOwner | undefined) {
    this.constants = constants;
    this.dropped = new DroppedSeries(constants, owner);
  }

  counter<L extends string = never>(options: CounterOptions<L>): Counter<L> {
    return this.add('counter', CounterMetric, options) as unknown as Counter<L>;
  }

  gauge<L extends string = never>(options: GaugeOptions<L>): Gauge<L> {
    return this.add('gauge', GaugeMetric, options) as unknown as Gauge<L>;
  }

  histogram<L extends string = never>(options: HistogramOptions<L>): Histogram<L> {
    return this.add('histogram', HistogramMetric, options) as unknown as Histogram<L>;
  }

  resetMetrics(): void {
    for (const { metric } of this.entries) metric.reset();
    this.dropped.reset();
  }

  collect(scrape: Scrape): MetricFamilies {
    const families: MetricFamily[] = [];
    const pending = new Map<MetricFamily, Promise<Outcome>>();
    this.ordered ??= clashingLast(this.entries, (entry) => entry.family.type === 'counter');
    for (const { family, table, callback } of this.ordered) {
      if (!scrape.wants(family.name)) continue;
      table.sweep();
      const outcome = callback?.run();
      if (outcome instanceof Promise) pending.set(family, outcome);
      if (outcome === undefined || outcome instanceof Promise) families.push(family);
      else scrape.report(outcome.error, family.name);
    }
    const { family: dropped } = this.dropped;
    if (dropped !== undefined && scrape.wants(dropped.name)) families.push(dropped);
    return pending.size === 0 ? families : settledFamilies(families, pending, scrape);
  }

  private add<M extends Entry['metric']>(type: RegistryType, Metric: MetricClass<M>, options: object): M {
    const checked = checkMetricOptions(type, options, this.constants);
    const { name, labelNames = [], collect } = checked;
    this.takeNames(type, name);
    const reader = new LabelReader(name, [...labelNames], this.constants);
    const table = this.createTable(type, checked, reader);
    const metric = new Metric(name, reader, table);
    const family = createFamily(this.headOf(type, checked), table);
    const callback = collect && new Callback(() => collect.call(metric as never, metric as never));
    this.entries.push({ name, family, metric, table, callback });
    this.ordered = undefined;
    return metric;
  }

  /** A histogram has the names of its series as well. */
  private takeNames(type: RegistryType, name: string): void {
    const names = type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
    const taken = names.find((wanted) => this.takenNames.has(wanted));
    if (taken !== undefined) {
      const fault = {
        expected: 'a name that the registry does not have yet',
        got: shown(taken),
        write: 'another name',
      };
      throw optionError(`${type}: name`, name, fault);
    }
    for (const wanted of names) this.takenNames.add(wanted);
  }

  private createTable(type: RegistryType, options: AnyMetricOptions, reader: LabelReader): SeriesTable {
    const { name, maxSeries = DEFAULT_MAX_SERIES, expireAfter, buckets = DEFAULT_BUCKETS } = options;
    const hasOther = type !== 'gauge';
    return new SeriesTable({
      reader,
      maxSeries,
      expireAfter,
      bounds: type === 'histogram' ? [...buckets] : undefined,
      hasOther,
      onDrop: this.dropped.counterOf(name, maxSeries, hasOther),
    });
  }

  private headOf(type: RegistryType, { name, help, unit, labelNames = [], aggregator }: AnyMetricOptions) {
    return {
      name,
      help,
      type,
      ...(unit !== undefined && { unit }),
      labelNames: [...labelNames, ...Object.keys(this.constants)],
      ...(aggregator !== undefined && { aggregator }),
    };
  }
}
