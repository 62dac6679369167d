/** Type of a metric, as named in the Prometheus exposition format. */
export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';

/** How the values of one series are merged across processes. */
export type Aggregator = 'sum' | 'first' | 'min' | 'max' | 'average' | 'omit';

/** Label name → label value, in the order in which they are written. */
export type LabelSet = Readonly<Record<string, string>>;

/** All samples with one name: one `# TYPE` section in text, one member of the document in JSON. */
export interface MetricFamily {
  readonly name: string;
  readonly help?: string;
  readonly type: MetricType;
  /** Base unit, such as `seconds` or `bytes`. OpenMetrics writes it when the name ends in it. */
  readonly unit?: string;
  /**
   * Names that the labels of samples may have. Declaring them fixes the shape of the family in JSON: with no name, one
   * bare value; with one name, a map; with more, a list. A sample that does not fit is then omitted and reported: one
   * with another label or, in a map, one without the label.
   */
  readonly labelNames?: readonly string[];
  /**
   * Gauges only: counters, histograms and summaries are always summed.
   * @default 'sum'
   */
  readonly aggregator?: Aggregator;
  /** Samples with distinct label sets. An array is the fastest. */
  readonly samples: Iterable<Sample> | AsyncIterable<Sample>;
}

/** Value of one series at the time of the scrape. An iterable yields a new object for each sample. */
export interface Sample {
  /** Must not be modified afterwards: encoders cache the text of a label set by the object's identity. */
  readonly labels: LabelSet;
  /** A number for counter, gauge and untyped; a `HistogramValue` or `SummaryValue` for those types. */
  readonly value: number | HistogramValue | SummaryValue;
  /** Counters only; histogram exemplars are in `value.exemplars`. */
  readonly exemplar?: Exemplar;
}

/** Value of a histogram's sample. */
export interface HistogramValue {
  readonly count: number;
  readonly sum?: number;
  /** Finite upper bounds, ascending. Sharing one array within a family saves memory and time. */
  readonly bounds: readonly number[];
  /** For each bound, the number of observations at or below it. The +Inf bucket is `count`. */
  readonly cumulativeCounts: readonly number[];
  /** One entry for each bound, and a last one for the +Inf bucket. */
  readonly exemplars?: readonly (Exemplar | undefined)[];
}

/** Value of a summary's sample. */
export interface SummaryValue {
  readonly count: number;
  readonly sum?: number;
  /** Quantiles, from 0 to 1. */
  readonly quantiles: readonly number[];
  /** Value of each quantile. */
  readonly values: readonly number[];
}

/** Reference to data outside of the metric, such as a trace id (OpenMetrics 1.0, "Exemplars"). */
export interface Exemplar {
  readonly labels: LabelSet;
  readonly value: number;
  /** Seconds since the Unix epoch. */
  readonly timestamp?: number;
}
