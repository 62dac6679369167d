import type { Exemplar, HistogramValue, LabelSet, Sample, SummaryValue } from '../model/metric-family.ts';
import { MAX_BUCKETS } from './sample-limits.ts';
import { excerpt } from './text-cursor.ts';
import type { TextLines } from './text-lines.ts';
import { textNumberValue } from './text-number.ts';
import type { SeriesReader } from './text-series.ts';
import type { SeriesRole } from './text-types.ts';

/** Maximum memory (bytes, estimated) of the samples that wait for more of their lines. */
const MAX_WAITING = 16 * 2 ** 20;
/** Memory (bytes, estimated) of a sample besides its lines. */
const OVERHEAD = 700;

/** A histogram or summary in the making. */
interface Group {
  readonly labels: LabelSet;
  readonly key: string;
  /** Where it begins. */
  readonly line: number;
  length: number;
  /** Finite bounds, or quantiles, and the values of their series. */
  readonly keys: number[];
  readonly values: number[];
  /** The quantiles that were there already: unlike bounds, they come in any order. */
  seen?: Set<number>;
  /** The value of the +Inf bucket. */
  infinite?: number;
  sum?: number;
  count?: number;
  exemplars?: (Exemplar | undefined)[];
}

/**
 * Puts the series of each histogram or summary of a family together. Mostly they stand together, but the
 * formats do not promise it: what has all its parts is complete when another label set follows, and what has
 * no sum, as it may, waits for one until the family ends or too much waits. They keep their order.
 *
 * A histogram needs its +Inf bucket, and a summary its count: a part that comes too late is thus an error, and
 * never a sample of its own.
 */
export class SampleGroups {
  private readonly isHistogram: boolean;
  private readonly lines: TextLines;
  private readonly waiting = new Map<string, Group>();
  private waitingLength = 0;
  private current: Group | undefined;
  /** Of the last histogram: mostly the next one has the same. */
  private bounds: readonly number[] = [];

  constructor(type: 'histogram' | 'summary', lines: TextLines) {
    this.isHistogram = type === 'histogram';
    this.lines = lines;
  }

  /** Takes a series that was read, and puts what is complete to the samples. */
  add(role: SeriesRole, series: SeriesReader, length: number, samples: Sample[]): void {
    const last = this.current;
    const group = last?.labels === series.labels ? last : this.groupOf(series.labels);
    this.current = group;
    this.addPart(group, role, series);
    group.length += length;
    this.waitingLength += length;
    if (group === last && this.waitingLength <= MAX_WAITING) return;
    for (const oldest of this.waiting.values()) {
      const mayWait = oldest === group || !this.isWhole(oldest);
      if (mayWait && this.waitingLength <= MAX_WAITING) return;
      samples.push(this.complete(oldest));
    }
  }

  /** At the family's end. */
  finish(samples: Sample[]): void {
    for (const group of this.waiting.values()) samples.push(this.complete(group));
  }

  private groupOf(labels: LabelSet): Group {
    const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
    const known = this.waiting.get(key);
    if (known !== undefined) return known;
    const group: Group = { labels, key, line: this.lines.number, length: OVERHEAD, keys: [], values: [] };
    this.waiting.set(key, group);
    this.waitingLength += OVERHEAD;
    return group;
  }

  private addPart(group: Group, role: SeriesRole, series: SeriesReader): void {
    if (role === 'bucket') this.addBucket(group, series);
    else if (role === 'quantile') this.addQuantile(group, series);
    else this.addTotal(group, role === 'sum' ? 'sum' : 'count', series);
  }

  private addTotal(group: Group, role: 'sum' | 'count', { labels, value }: SeriesReader): void {
    const own = this.isHistogram ? 'le' : 'quantile';
    if (Object.hasOwn(labels, own)) throw this.lines.malformed(`a ${role} with the label ${own}`);
    if (group[role] !== undefined) throw this.lines.malformed(`the ${role} of this label set was there already`);
    group[role] = role === 'count' ? this.checkCount(value) : value;
  }

  private addBucket(group: Group, { own, value, exemplar }: SeriesReader): void {
    const { keys, values } = group;
    const bound = this.keyOf(own, 'le');
    const last = keys.at(-1) ?? Number.NEGATIVE_INFINITY;
    if (!(bound > last) || group.infinite !== undefined) {
      throw this.lines.malformed(`le=${excerpt(own ?? '')} is not above the bucket before`);
    }
    if (!(value >= (values.at(-1) ?? 0))) throw this.lines.malformed('a bucket counts less than the one before');
    if (exemplar !== undefined) {
      group.exemplars ??= [];
      group.exemplars[keys.length] = exemplar;
    }
    if (bound === Number.POSITIVE_INFINITY) {
      group.infinite = this.checkCount(value);
      return;
    }
    keys.push(bound);
    values.push(value);
    this.checkLength(keys);
  }

  private addQuantile(group: Group, { own, value }: SeriesReader): void {
    const { keys, values } = group;
    group.seen ??= new Set();
    const { seen } = group;
    const quantile = this.keyOf(own, 'quantile');
    const isQuantile = quantile >= 0 && quantile <= 1;
    if (!isQuantile) throw this.lines.malformed(`quantile=${excerpt(own ?? '')} is not from 0 to 1`);
    if (seen.has(quantile)) throw this.lines.malformed(`quantile=${excerpt(own ?? '')} was there already`);
    seen.add(quantile);
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
  private isWhole({ infinite, count, sum }: Group): boolean {
    return count !== undefined && sum !== undefined && (!this.isHistogram || infinite !== undefined);
  }

  private complete(group: Group): Sample {
    this.waiting.delete(group.key);
    this.waitingLength -= group.length;
    if (group === this.current) this.current = undefined;
    return { labels: group.labels, value: this.isHistogram ? this.histogram(group) : this.summary(group) };
  }

  private histogram({ keys, values, infinite, sum, count = infinite, exemplars, line }: Group): HistogramValue {
    if (infinite === undefined) throw this.lines.malformed('the histogram that begins here has no +Inf bucket', line);
    if (infinite !== count) {
      throw this.lines.malformed(`the histogram that begins here counts ${count}, and ${infinite} up to +Inf`, line);
    }
    if (!isSame(keys, this.bounds)) this.bounds = keys;
    return {
      count,
      ...(sum !== undefined && { sum }),
      bounds: this.bounds,
      cumulativeCounts: values,
      ...(exemplars !== undefined && { exemplars: Array.from({ length: keys.length + 1 }, (_, i) => exemplars[i]) }),
    };
  }

  private summary({ keys, values, sum, count, line }: Group): SummaryValue {
    if (count === undefined) throw this.lines.malformed('the summary that begins here has no count', line);
    return { count, ...(sum !== undefined && { sum }), quantiles: keys, values };
  }
}

const isSame = (a: readonly number[], b: readonly number[]) => a.length === b.length && a.every((x, i) => x === b[i]);
