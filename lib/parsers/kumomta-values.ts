import type { HistogramValue, MetricType, Sample, SummaryValue } from '../model/metric-family.ts';
import { sortBuckets } from '../model/sort-buckets.ts';
import { isSameList } from '../util/is-same-list.ts';
import { isNextBucket, takeInfCount } from './histogram-buckets.ts';
import { skipValue } from './json-skip.ts';
import type { JsonTokens } from './json-tokens.ts';
import { isCount } from './pending-sample.ts';
import { MAX_BUCKETS, MAX_LABELS } from './sample-limits.ts';

export type ReadValue = (tokens: JsonTokens) => Sample['value'];

/** What was found in the values of a family that does not fit its type. */
export interface ValueFaults {
  /** Position of the first value with a fractional count. */
  fractional?: number;
  /** Position of the first histogram that was repaired. */
  repaired?: number;
  /** The histograms that were repaired, as they were written. */
  readonly written: WeakMap<HistogramValue, HistogramValue>;
}

/**
 * Creates the reader of one sample's value of the type. A histogram that is repaired is added to `faults`, and so is a
 * value with a fractional count, which is returned as it is written: it may have a bucket for +Inf.
 */
export function createValueReader(type: MetricType, faults: ValueFaults): ReadValue {
  switch (type) {
    case 'histogram':
      return createHistogramReader(faults);
    case 'summary':
      return createSummaryReader(faults);
    default:
      return readNumber;
  }
}

const NON_FINITE = new Map([
  ['NaN', Number.NaN],
  ['+Inf', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
]);

/** Reads a number. NaN and the infinities, which JSON does not have, are null or strings. */
function readNumber(tokens: JsonTokens): number {
  const first = tokens.peek();
  if (first === 'n') {
    tokens.word();
    return Number.NaN;
  }
  if (first !== '"') return tokens.number();
  const number = NON_FINITE.get(tokens.string());
  if (number === undefined) throw tokens.malformed('expected a number');
  return number;
}

/** Whether a value has a count that is not a whole number. */
export function isFractional(value: Sample['value']): boolean {
  if (typeof value === 'number') return false;
  return !isCount(value.count) || ('bounds' in value && !value.cumulativeCounts.every(isCount));
}

function createHistogramReader(faults: ValueFaults): (tokens: JsonTokens) => HistogramValue {
  let lastBounds: readonly number[] = [];
  return (tokens) => {
    tokens.peek();
    const start = tokens.mark();
    const buckets = new Buckets();
    const { count: own, sum } = readDistribution(tokens, 'bucket', buckets);
    const total = sum === undefined ? undefined : { sum };
    if (!buckets.areWhole || !isCount(own)) {
      if (![own, ...buckets.values].every(Number.isFinite))
        throw tokens.malformed('expected finite counts before this');
      faults.fractional ??= tokens.positionOf(start);
      return { count: own, ...total, ...buckets.written() };
    }
    const { keys: bounds, values: cumulativeCounts } = buckets.sorted();
    // The count stands for a +Inf bucket, which this format leaves out.
    const infCount = takeInfCount(bounds, cumulativeCounts) ?? own;
    const count = Math.max(infCount, cumulativeCounts.at(-1) ?? 0, own);
    // The samples of a family share one array while their bounds are equal.
    if (!isSameList(bounds, lastBounds)) lastBounds = bounds;
    const value = { count, ...total, bounds: lastBounds, cumulativeCounts };
    if (!buckets.isRegular || count !== infCount || count !== own) {
      faults.repaired ??= tokens.positionOf(start);
      faults.written.set(value, { count: own, ...total, ...buckets.written() });
    }
    return value;
  };
}

function createSummaryReader(faults: ValueFaults): (tokens: JsonTokens) => SummaryValue {
  let lastQuantiles: readonly number[] = [];
  return (tokens) => {
    tokens.peek();
    const start = tokens.mark();
    const pairs = new Quantiles();
    const { count, sum } = readDistribution(tokens, 'quantile', pairs);
    if (!isCount(count)) faults.fractional ??= tokens.positionOf(start);
    const { keys: quantiles, values } = pairs;
    if (!isSameList(quantiles, lastQuantiles)) lastQuantiles = quantiles;
    return { count, ...(sum !== undefined && { sum }), quantiles: lastQuantiles, values };
  };
}

interface Totals {
  readonly count: number;
  readonly sum: number | undefined;
}

/** Reads `{"count":3,"sum":0.9,"avg":0.3,"bucket":[[0.1,1.0],[0.5,3.0]]}`, without the average, which is redundant. */
function readDistribution(tokens: JsonTokens, pairsName: string, pairs: Pairs): Totals {
  let count: number | undefined;
  let sum: number | undefined;
  let hasPairs = false;
  for (const name of members(tokens)) {
    if (name === 'count') count = readCount(tokens);
    else if (name === 'sum') sum = readSum(tokens);
    else if (name === pairsName) {
      readPairs(tokens, pairs);
      hasPairs = true;
    } else skipValue(tokens);
  }
  if (count === undefined || !hasPairs) {
    throw tokens.malformed(`expected "${count === undefined ? 'count' : pairsName}" before this`);
  }
  return { count, sum };
}

function* members(tokens: JsonTokens): Generator<string, void> {
  const names = new Set<string>();
  tokens.expect('{');
  for (let name = tokens.member(true); name !== undefined; name = tokens.member(false)) {
    if (names.has(name)) throw tokens.malformed(`expected ${JSON.stringify(name)} once`);
    names.add(name);
    if (names.size > MAX_LABELS) throw tokens.malformed(`expected at most ${MAX_LABELS} members in a value`);
    yield name;
  }
}

function readCount(tokens: JsonTokens): number {
  const count = tokens.number();
  if (!(count >= 0)) throw tokens.malformed('expected a count');
  return count;
}

function readSum(tokens: JsonTokens): number | undefined {
  if (tokens.peek() !== 'n') return readNumber(tokens);
  tokens.word();
  return undefined;
}

interface Pairs {
  readonly keys: number[];
  readonly values: number[];
  /** Adds a pair, or returns the reason why it must not be there. A null key is NaN. */
  add(key: number, value: number): string | undefined;
}

function readPairs(tokens: JsonTokens, pairs: Pairs): void {
  tokens.expect('[');
  for (let isFirst = true; tokens.hasNext(']', isFirst); isFirst = false) {
    tokens.expect('[');
    const key = readNumber(tokens);
    tokens.expect(',');
    const value = readNumber(tokens);
    const error = pairs.add(key, value);
    if (error !== undefined) throw tokens.malformed(error);
    tokens.expect(']');
  }
}

const TOO_MANY = `expected at most ${MAX_BUCKETS} pairs in a value`;

/** The buckets of a histogram, in any order. */
class Buckets implements Pairs {
  readonly keys: number[] = [];
  readonly values: number[] = [];
  /** Whether each bound is above those before it and no count below them, without a bucket for -Inf. */
  isRegular = true;
  /** Whether no count is fractional. */
  areWhole = true;
  private hasInf = false;

  add(key: number, value: number): string | undefined {
    const { keys, values } = this;
    // Some encoders write null for +Inf.
    const bound = Number.isNaN(key) ? Number.POSITIVE_INFINITY : key;
    if (!(value >= 0)) return 'expected a count';
    this.areWhole &&= Number.isInteger(value);
    if (bound === Number.NEGATIVE_INFINITY) {
      this.isRegular = false;
      return value === 0 ? undefined : 'expected nothing below -Inf';
    }
    this.isRegular &&= isNextBucket(keys, values, bound, value);
    this.hasInf ||= bound === Number.POSITIVE_INFINITY;
    keys.push(bound);
    values.push(value);
    return keys.length > (this.hasInf ? MAX_BUCKETS + 1 : MAX_BUCKETS) ? TOO_MANY : undefined;
  }

  /** Returns the buckets as they were written, for untyped series: of a repeated bound the first, and +Inf among them. */
  written(): Pick<HistogramValue, 'bounds' | 'cumulativeCounts'> {
    const first = new Map<number, number>();
    for (const [i, bound] of this.keys.entries()) if (!first.has(bound)) first.set(bound, this.values[i] as number);
    return { bounds: [...first.keys()], cumulativeCounts: [...first.values()] };
  }

  /** Returns the buckets, sorted and merged if necessary. The last one may be removed from them if it is for +Inf. */
  sorted(): Pick<Pairs, 'keys' | 'values'> {
    if (this.isRegular) return this.hasInf ? { keys: [...this.keys], values: [...this.values] } : this;
    const { bounds, cumulativeCounts } = sortBuckets(this.keys, this.values);
    return { keys: bounds, values: cumulativeCounts };
  }
}

/** The quantiles of a summary, in any order. */
class Quantiles implements Pairs {
  readonly keys: number[] = [];
  readonly values: number[] = [];
  private readonly seen = new Set<number>();

  add(quantile: number, value: number): string | undefined {
    const { keys, values, seen } = this;
    if (!(quantile >= 0 && quantile <= 1)) return 'expected a quantile from 0 to 1';
    if (seen.has(quantile)) return 'expected each quantile once';
    seen.add(quantile);
    keys.push(quantile);
    values.push(value);
    return keys.length > MAX_BUCKETS ? TOO_MANY : undefined;
  }
}
