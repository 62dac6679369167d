import type { LabelSet, MetricFamily, Sample } from '../../model/metric-family.ts';
import { DROPPED_SERIES } from '../dropped-series.ts';
import { CounterMetric } from './counter.ts';
import { createFamily } from './family.ts';
import { LabelReader } from './label-values.ts';
import { SeriesTable } from './series-table.ts';

const FAMILY_LABEL = 'family';

/** Function whose caller reads the warnings of a registry, and its option that limits the series. */
export interface RegistryOwner {
  readonly caller: string;
  readonly option: string;
}

/** Key in the options of a registry that another function of this package creates for itself. */
export const OWNER = Symbol('owner');

const DEFAULT_OWNER: RegistryOwner = { caller: 'createRegistry', option: 'maxSeries' };

/** Counts, for each family, the updates of series beyond `maxSeries`, and warns of the first one. */
export class DroppedSeries {
  private readonly counter: CounterMetric;
  private readonly table: SeriesTable;
  private readonly own: MetricFamily;
  private readonly owner: RegistryOwner;

  constructor(constants: LabelSet, owner: RegistryOwner = DEFAULT_OWNER) {
    this.owner = owner;
    const reader = new LabelReader(DROPPED_SERIES, [FAMILY_LABEL], constants);
    // A family of the registry each.
    this.table = new SeriesTable({ reader, maxSeries: Number.POSITIVE_INFINITY, hasOther: false, onDrop: () => {} });
    this.counter = new CounterMetric(DROPPED_SERIES, reader, this.table);
    const head = {
      name: DROPPED_SERIES,
      type: 'counter',
      help: 'Updates of series beyond the maximum number of series of their family.',
      labelNames: [FAMILY_LABEL, ...Object.keys(constants)],
    } as const;
    this.own = createFamily(head, this.table);
  }

  /** The counter's family, once it has counted something. An array of samples, which `combineSources` merges. */
  get family(): MetricFamily | undefined {
    return this.table.length === 0 ? undefined : { ...this.own, samples: [...(this.own.samples as Iterable<Sample>)] };
  }

  /** Returns the function that counts for one family. */
  counterOf(family: string, maxSeries: number, hasOther: boolean): () => void {
    const series = this.counter.labels(family);
    const { caller, option } = this.owner;
    let hasWarned = false;
    return () => {
      series.inc();
      if (hasWarned) return;
      hasWarned = true;
      const fate = hasOther ? 'count in the series whose label values are "other"' : 'are dropped';
      const limit = `the family "${family}" has ${maxSeries} series (${option})`;
      const message = `${caller}: ${limit}; updates of further ones ${fate}`;
      process.emitWarning(`${message} (once per family; ${DROPPED_SERIES} counts them)`, 'MetricsLossWarning');
    };
  }

  reset(): void {
    this.table.reset();
  }
}
