import { labelSetKey } from '../model/labels.ts';
import type { Exemplar, HistogramValue, LabelSet, Sample, SummaryValue } from '../model/metric-family.ts';
import { isSameList } from '../util/is-same-list.ts';
import { MAX_BUCKETS } from './sample-limits.ts';
import { excerpt } from './text-cursor.ts';
import type { TextLines } from './text-lines.ts';
import { textNumberValue } from './text-number.ts';
import type { SeriesReader } from './text-series.ts';
import type { SeriesRole } from './text-types.ts';

/** Maximum memory (bytes, estimated) of pending samples. */
const MAX_PENDING_BYTES = 16 * 2 ** 20;
/** Memory (bytes, estimated) of a sample besides its lines. */
const SAMPLE_BYTES = 700;

/** A histogram or summary that may be incomplete. */
interface PendingSample {
  readonly labels: LabelSet;
  readonly key: string;
  /** Number of its first line. */
  readonly line: number;
  bytes: number;
  /** Finite bounds, or quantiles. `values` has the values of their series. */
  readonly keys: number[];
  readonly values: number[];
  /** The quantiles so far, which may be in any order, unlike bounds. */
  seenQuantiles?: Set<number>;
  /** Count of the +Inf bucket. */
  infCount?: number;
  sum?: number;
  count?: number;
  exemplars?: (Exemplar | undefined)[];
}

/**
 * Assembles the histograms or summaries of a family from their series, in the order of their first lines.
 *
 * The series of a sample are usually adjacent, but the formats do not require it. A sample with all its parts is
 * complete when another label set follows. A sample without a sum, which is optional, stays pending until the family
 * ends or the pending samples exceed their memory limit.
 *
 * A histogram needs its +Inf bucket, and a summary its count. A part that comes too late is therefore an error, and
 * never another sample.
 */
export class SampleGroups {
  private readonly isHistogram: boolean;
  private readonly lines: TextLines;
  private readonly pending = new Map<string, PendingSample>();
  private pendingBytes = 0;
  private current: PendingSample | undefined;
  /** Bounds of the last histogram, which the next one usually shares. */
  private bounds: readonly number[] = [];

  constructor(type: 'histogram' | 'summary', lines: TextLines) {
    this.isHistogram = type === 'histogram';
    this.lines = lines;
  }

  /** Adds a series, and appends the samples that are complete to `samples`. */
  add(role: SeriesRole, series: SeriesReader, length: number, samples: Sample[]): void {
    const last = this.current;
    const pending = last?.labels === series.labels ? last : this.pendingSampleOf(series.labels);
    this.current = pending;
    this.addPart(pending, role, series);
    pending.bytes += length;
    this.pendingBytes += length;
    if (pending === last && this.pendingBytes <= MAX_PENDING_BYTES) return;
    for (const oldest of this.pending.values()) {
      const mayStay = oldest === pending || !this.isComplete(oldest);
      if (mayStay && this.pendingBytes <= MAX_PENDING_BYTES) return;
      samples.push(this.takeSample(oldest));
    }
  }

  /** Ends the family, and appends the pending samples to `samples`. */
  finish(samples: Sample[]): void {
    for (const pending of this.pending.values()) samples.push(this.takeSample(pending));
  }

  private pendingSampleOf(labels: LabelSet): PendingSample {
    const key = labelSetKey(labels);
    const known = this.pending.get(key);
    if (known !== undefined) return known;
    const pending: PendingSample = { labels, key, line: this.lines.number, bytes: SAMPLE_BYTES, keys: [], values: [] };
    this.pending.set(key, pending);
    this.pendingBytes += SAMPLE_BYTES;
    return pending;
  }

  private addPart(pending: PendingSample, role: SeriesRole, series: SeriesReader): void {
    if (role === 'bucket') this.addBucket(pending, series);
    else if (role === 'quantile') this.addQuantile(pending, series);
    else this.addTotal(pending, role === 'sum' ? 'sum' : 'count', series);
  }

  private addTotal(pending: PendingSample, role: 'sum' | 'count', { labels, value }: SeriesReader): void {
    const keyLabel = this.isHistogram ? 'le' : 'quantile';
    if (Object.hasOwn(labels, keyLabel)) throw this.lines.malformed(`a ${role} with the label ${keyLabel}`);
    if (pending[role] !== undefined) throw this.lines.malformed(`the ${role} of this label set was there already`);
    pending[role] = role === 'count' ? this.checkCount(value) : value;
  }

  private addBucket(pending: PendingSample, { keyText, value, exemplar }: SeriesReader): void {
    const { keys, values } = pending;
    const bound = this.keyOf(keyText, 'le');
    const last = keys.at(-1) ?? Number.NEGATIVE_INFINITY;
    if (!(bound > last) || pending.infCount !== undefined) {
      throw this.lines.malformed(`le=${excerpt(keyText ?? '')} is not above the bucket before`);
    }
    if (!(value >= (values.at(-1) ?? 0))) throw this.lines.malformed('a bucket counts less than the one before');
    if (exemplar !== undefined) {
      pending.exemplars ??= [];
      pending.exemplars[keys.length] = exemplar;
    }
    if (bound === Number.POSITIVE_INFINITY) {
      pending.infCount = this.checkCount(value);
      return;
    }
    keys.push(bound);
    values.push(value);
    this.checkLength(keys);
  }

  private addQuantile(pending: PendingSample, { keyText, value }: SeriesReader): void {
    const { keys, values } = pending;
    pending.seenQuantiles ??= new Set();
    const { seenQuantiles } = pending;
    const quantile = this.keyOf(keyText, 'quantile');
    const isQuantile = quantile >= 0 && quantile <= 1;
    if (!isQuantile) throw this.lines.malformed(`quantile=${excerpt(keyText ?? '')} is not from 0 to 1`);
    if (seenQuantiles.has(quantile)) throw this.lines.malformed(`quantile=${excerpt(keyText ?? '')} was there already`);
    seenQuantiles.add(quantile);
    keys.push(quantile);
    values.push(value);
    this.checkLength(keys);
  }

  private checkLength({ length }: readonly number[]): void {
    if (length <= MAX_BUCKETS) return;
    const [type, parts] = this.isHistogram ? ['histogram', 'buckets'] : ['summary', 'quantiles'];
    throw this.lines.malformed(`a ${type} has more than ${MAX_BUCKETS} ${parts}`);
  }

  private keyOf(text: string | undefined, label: string): number {
    if (text === undefined) throw this.lines.malformed(`the label ${label} is missing`);
    const key = textNumberValue(text);
    if (key === undefined) throw this.lines.malformed(`${label}=${excerpt(text)} is not a number`);
    return key;
  }

  private checkCount(value: number): number {
    if (Number.isInteger(value) && value >= 0) return value;
    throw this.lines.malformed(`${value} is not a count of observations`);
  }

  /** Nothing more is to come. */
  private isComplete({ infCount, count, sum }: PendingSample): boolean {
    return count !== undefined && sum !== undefined && (!this.isHistogram || infCount !== undefined);
  }

  private takeSample(pending: PendingSample): Sample {
    this.pending.delete(pending.key);
    this.pendingBytes -= pending.bytes;
    if (pending === this.current) this.current = undefined;
    return { labels: pending.labels, value: this.isHistogram ? this.histogram(pending) : this.summary(pending) };
  }

  private histogram({ keys, values, infCount, sum, count = infCount, exemplars, line }: PendingSample): HistogramValue {
    if (infCount === undefined) throw this.lines.malformed('the histogram that begins here has no +Inf bucket', line);
    if (infCount !== count) {
      throw this.lines.malformed(`the histogram that begins here counts ${count}, and ${infCount} up to +Inf`, line);
    }
    if (!isSameList(keys, this.bounds)) this.bounds = keys;
    return {
      count,
      ...(sum !== undefined && { sum }),
      bounds: this.bounds,
      cumulativeCounts: values,
      ...(exemplars !== undefined && { exemplars: Array.from({ length: keys.length + 1 }, (_, i) => exemplars[i]) }),
    };
  }

  private summary({ keys, values, sum, count, line }: PendingSample): SummaryValue {
    if (count === undefined) throw this.lines.malformed('the summary that begins here has no count', line);
    return { count, ...(sum !== undefined && { sum }), quantiles: keys, values };
  }
}
