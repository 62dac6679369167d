/** The types of metrics, by their names in the Prometheus exposition format. */
export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';

/** How the values of one series from several processes become one. */
export type Aggregator = 'sum' | 'first' | 'min' | 'max' | 'average' | 'omit';

/** Label name → label value, in the order in which they are written. */
export type LabelSet = Readonly<Record<string, string>>;

/** All samples of one name: what a `# TYPE` line and a member of the JSON document stand for. */
export interface MetricFamily {
  readonly name: string;
  readonly help?: string;
  readonly type: MetricType;
  /** The base unit, such as `seconds` or `bytes`; OpenMetrics writes it when the name ends in it. */
  readonly unit?: string;
  /**
   * The names a sample's labels may have. Declaring them fixes the shape of the family in the JSON
   * document: none → one bare value, one → a map, more → a list. A sample that does not fit is then
   * left out and reported: one with another label or, in a map, one without the label.
   */
  readonly labelNames?: readonly string[];
  /** Of a gauge; `sum` where nothing is said. Counters, histograms and summaries are always summed. */
  readonly aggregator?: Aggregator;
  /** An array is the fastest. No label set may come twice. */
  readonly samples: Iterable<Sample> | AsyncIterable<Sample>;
}

/** One series' value at the time of the scrape; a new object for each that an iterable yields. */
export interface Sample {
  /** Not to be changed once it was given: encoders keep the text of a label set by the object's identity. */
  readonly labels: LabelSet;
  /** A number for counter, gauge and untyped; for the other two types their own value. */
  readonly value: number | HistogramValue | SummaryValue;
  /** Of a counter; a histogram's stand in its value. */
  readonly exemplar?: Exemplar;
}

/** What a sample of a histogram has in the place of a number. */
export interface HistogramValue {
  readonly count: number;
  readonly sum?: number;
  /** Finite upper bounds, ascending. Share one array within a family where you can. */
  readonly bounds: readonly number[];
  /** As long as `bounds`: how many observations were at most that bound. The +Inf bucket is `count`. */
  readonly cumulativeCounts: readonly number[];
  /** One more than `bounds`; the last one is the +Inf bucket's. */
  readonly exemplars?: readonly (Exemplar | undefined)[];
}

/** What a sample of a summary has in the place of a number. */
export interface SummaryValue {
  readonly count: number;
  readonly sum?: number;
  /** From 0 to 1. */
  readonly quantiles: readonly number[];
  /** As long as `quantiles`. */
  readonly values: readonly number[];
}

/** A reference to data outside of the metric, such as a trace id (OpenMetrics 1.0, "Exemplars"). */
export interface Exemplar {
  readonly labels: LabelSet;
  readonly value: number;
  /** Seconds since the Unix epoch. */
  readonly timestamp?: number;
}
