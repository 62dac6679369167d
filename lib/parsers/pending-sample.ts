import type { MetricsError } from '../model/errors.ts';
import type { Exemplar, HistogramValue, LabelSet, SummaryValue } from '../model/metric-family.ts';
import { isSameList } from '../util/is-same-list.ts';
import { MAX_BUCKETS } from './sample-limits.ts';
import { excerpt } from './text-cursor.ts';
import type { TextLines } from './text-lines.ts';
import { textNumberValue } from './text-number.ts';
import type { SeriesReader } from './text-series.ts';
import type { SeriesRole } from './text-types.ts';

/** Memory (bytes, estimated) of a sample besides its lines. */
const SAMPLE_BYTES = 700;

/** A histogram or summary that may be incomplete. */
export class PendingSample {
  readonly labels: LabelSet;
  readonly key: string;
  /** Memory (bytes, estimated). */
  bytes = SAMPLE_BYTES;
  private readonly isHistogram: boolean;
  private readonly lines: TextLines;
  /** Number of its first line. */
  private readonly line: number;
  /** Finite bounds, or quantiles. `values` has the values of their series. */
  private readonly keys: number[] = [];
  private readonly values: number[] = [];
  /** The quantiles so far, which may be in any order, unlike bounds. */
  private seenQuantiles: Set<number> | undefined;
  /** Count of the +Inf bucket. */
  private infCount: number | undefined;
  private sum: number | undefined;
  private count: number | undefined;
  private exemplars: (Exemplar | undefined)[] | undefined;

  constructor(type: 'histogram' | 'summary', labels: LabelSet, key: string, lines: TextLines) {
    this.labels = labels;
    this.key = key;
    this.isHistogram = type === 'histogram';
    this.lines = lines;
    this.line = lines.number;
  }

  /** Whether the sample has all its parts. */
  get isComplete(): boolean {
    return this.count !== undefined && this.sum !== undefined && (!this.isHistogram || this.infCount !== undefined);
  }

  add(role: SeriesRole, series: SeriesReader): void {
    if (role === 'bucket') this.addBucket(series);
    else if (role === 'quantile') this.addQuantile(series);
    else this.addTotal(role === 'sum' ? 'sum' : 'count', series);
  }

  /** Returns the value. A histogram has `lastBounds` if its bounds are equal to those. */
  value(lastBounds: readonly number[]): HistogramValue | SummaryValue {
    return this.isHistogram ? this.histogram(lastBounds) : this.summary();
  }

  private addTotal(role: 'sum' | 'count', { labels, value }: SeriesReader): void {
    const keyLabel = this.isHistogram ? 'le' : 'quantile';
    if (Object.hasOwn(labels, keyLabel)) {
      throw this.malformed(
        `expected a ${role} without the label ${keyLabel}, got ${keyLabel}=${excerpt(labels[keyLabel] as string)}`,
      );
    }
    if (this[role] !== undefined) throw this.malformed(`expected one ${role} for this label set, got a second`);
    this[role] = role === 'count' ? this.checkCount(value) : value;
  }

  private addBucket({ keyText, value, exemplar }: SeriesReader): void {
    const { keys, values } = this;
    const bound = this.keyOf(keyText, 'le');
    const lastBound = keys.at(-1) ?? Number.NEGATIVE_INFINITY;
    if (!(bound > lastBound) || this.infCount !== undefined) {
      throw this.malformed(`expected ascending bounds, got le=${excerpt(keyText ?? '')}`);
    }
    const lastCount = values.at(-1) ?? 0;
    if (!(value >= lastCount)) throw this.malformed(`expected a count of at least ${lastCount}, got ${value}`);
    if (exemplar !== undefined) {
      this.exemplars ??= [];
      this.exemplars[keys.length] = exemplar;
    }
    if (bound === Number.POSITIVE_INFINITY) {
      this.infCount = this.checkCount(value);
      return;
    }
    this.push(bound, value);
  }

  private addQuantile({ keyText, value }: SeriesReader): void {
    const quantile = this.keyOf(keyText, 'quantile');
    const got = `got quantile=${excerpt(keyText ?? '')}`;
    if (!(quantile >= 0 && quantile <= 1)) throw this.malformed(`expected a quantile from 0 to 1, ${got}`);
    this.seenQuantiles ??= new Set();
    if (this.seenQuantiles.has(quantile)) throw this.malformed(`expected each quantile once, ${got} again`);
    this.seenQuantiles.add(quantile);
    this.push(quantile, value);
  }

  private push(key: number, value: number): void {
    this.keys.push(key);
    this.values.push(value);
    if (this.keys.length <= MAX_BUCKETS) return;
    throw this.malformed(`expected at most ${MAX_BUCKETS} ${this.isHistogram ? 'buckets' : 'quantiles'}, got more`);
  }

  private keyOf(text: string | undefined, label: string): number {
    if (text === undefined) throw this.malformed(`expected the label ${label}, got none`);
    const key = textNumberValue(text);
    if (key === undefined) throw this.malformed(`expected a number, got ${label}=${excerpt(text)}`);
    return key;
  }

  private checkCount(value: number): number {
    if (Number.isInteger(value) && value >= 0) return value;
    throw this.malformed(`expected a count, got ${value}`);
  }

  private histogram(lastBounds: readonly number[]): HistogramValue {
    const { keys, values, infCount, sum, count = infCount, exemplars, line } = this;
    if (infCount === undefined) {
      throw this.malformed('expected a +Inf bucket in the histogram that begins here, got none', line);
    }
    if (infCount !== count) {
      throw this.malformed(
        `expected the count ${infCount} of the +Inf bucket in the histogram that begins here, got ${count}`,
        line,
      );
    }
    return {
      count,
      ...(sum !== undefined && { sum }),
      bounds: isSameList(keys, lastBounds) ? lastBounds : keys,
      cumulativeCounts: values,
      ...(exemplars !== undefined && { exemplars: Array.from({ length: keys.length + 1 }, (_, i) => exemplars[i]) }),
    };
  }

  private summary(): SummaryValue {
    const { keys, values, sum, count, line } = this;
    if (count === undefined) throw this.malformed('expected a count in the summary that begins here, got none', line);
    return { count, ...(sum !== undefined && { sum }), quantiles: keys, values };
  }

  private malformed(reason: string, line?: number): MetricsError {
    return this.lines.malformed(reason, line);
  }
}
