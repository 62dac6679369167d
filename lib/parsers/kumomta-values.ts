import type { HistogramValue, MetricType, Sample, SummaryValue } from '../model/metric-family.ts';
import { sortBuckets } from '../model/sort-buckets.ts';
import { isSameList } from '../util/is-same-list.ts';
import { isNextBucket, negativeInfReason, takeInfCount } from './histogram-buckets.ts';
import { skipValue } from './json-skip.ts';
import type { JsonTokens } from './json-tokens.ts';
import type { FamilyFaults, ValueFault } from './kumomta-faults.ts';
import { isCount } from './pending-sample.ts';
import { MAX_BUCKETS, MAX_LABELS } from './sample-limits.ts';

export type ReadValue = (tokens: JsonTokens) => Sample['value'];
type ValueFaults = FamilyFaults['values'];

/**
 * Creates the reader of one sample's value of the type. A histogram or summary that is repaired is added to `faults`.
 * So is one that fits no repair, which is returned as it is written.
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

function createHistogramReader(faults: ValueFaults): ReadValue {
  let lastBounds: readonly number[] = [];
  return (tokens) => {
    const position = nextPosition(tokens);
    const buckets = new Buckets();
    const { count: writtenCount, sum, hasPairs } = readDistribution(tokens, 'bucket', buckets);
    const total = sum === undefined ? undefined : { sum };
    const isOnlySum = writtenCount === undefined && buckets.keys.every((bound) => bound === Number.NEGATIVE_INFINITY);
    const reason = buckets.reason ?? (isOnlySum ? ONLY_SUM : reasonForCount(writtenCount));
    if (reason !== undefined)
      return addMisfit(faults, { position, reason, isRepaired: false, ...buckets.written(writtenCount, sum) });
    const { keys: bounds, values: cumulativeCounts } = buckets.sorted();
    // The count stands for a +Inf bucket, which this format leaves out.
    const infCount = takeInfCount(bounds, cumulativeCounts) ?? writtenCount;
    const count = Math.max(infCount ?? 0, cumulativeCounts.at(-1) ?? 0, writtenCount ?? 0);
    // The samples of a family share one array while their bounds are equal.
    if (!isSameList(bounds, lastBounds)) lastBounds = bounds;
    const value = { count, ...total, bounds: lastBounds, cumulativeCounts };
    const isRepaired = !(buckets.isRegular && hasPairs && count === infCount && count === (writtenCount ?? count));
    if (isRepaired || writtenCount === undefined)
      faults.set(value, { position, reason, isRepaired, ...buckets.written(writtenCount, sum) });
    return value;
  };
}

function createSummaryReader(faults: ValueFaults): ReadValue {
  let lastQuantiles: readonly number[] = [];
  return (tokens) => {
    const position = nextPosition(tokens);
    const pairs = new Quantiles();
    const { count, sum } = readDistribution(tokens, 'quantile', pairs);
    const total = sum === undefined ? undefined : { sum };
    const { keys, values } = pairs;
    if (!isSameList(keys, lastQuantiles)) lastQuantiles = keys;
    const reason = pairs.reason ?? (count === undefined ? NO_COUNT : reasonForCount(count));
    if (count === undefined || reason !== undefined) {
      const written = { ...(count !== undefined && { count }), ...total, quantiles: keys, values };
      return addMisfit(faults, { position, reason, isRepaired: false, written, repeated: pairs.repeated });
    }
    const value = { count, ...total, quantiles: lastQuantiles, values };
    const { repeated } = pairs;
    if (repeated > 0) faults.set(value, { position, reason, isRepaired: true, written: value, repeated });
    return value;
  };
}

const ONLY_SUM = 'expected a bucket or a count, got only a sum';
const NO_COUNT = 'expected a count in the summary that begins here, got none';

const reasonForCount = (count = 0) => (isCount(count) ? undefined : `expected a count, got ${count}`);

function nextPosition(tokens: JsonTokens): number {
  tokens.peek();
  return tokens.positionOf(tokens.mark());
}

/** Returns the value as it is written, which stands for the sample until its series are separate families. */
function addMisfit(faults: ValueFaults, fault: ValueFault): HistogramValue | SummaryValue {
  const { written } = fault;
  faults.set(written, fault);
  return written as HistogramValue | SummaryValue;
}

interface Totals {
  readonly count: number | undefined;
  readonly sum: number | undefined;
  /** Whether there is a list of buckets or quantiles. */
  readonly hasPairs: boolean;
}

/** Reads `{"count":3,"sum":0.9,"avg":0.3,"bucket":[[0.1,1.0],[0.5,3.0]]}`, without the average, which is redundant. */
function readDistribution(tokens: JsonTokens, pairsName: string, pairs: Pairs): Totals {
  let count: number | undefined;
  let sum: number | undefined;
  let hasPairs = false;
  for (const name of members(tokens)) {
    if (name === 'count') count = readNumber(tokens);
    else if (name === 'sum') sum = readSum(tokens);
    else if (name === pairsName) {
      readPairs(tokens, pairs);
      hasPairs = true;
    } else skipValue(tokens);
  }
  if (count === undefined && sum === undefined && pairs.keys.length === 0)
    throw tokens.malformed(`expected "count" or "${pairsName}" before this`);
  return { count, sum, hasPairs };
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

function readSum(tokens: JsonTokens): number | undefined {
  if (tokens.peek() !== 'n') return readNumber(tokens);
  tokens.word();
  return undefined;
}

interface Pairs {
  readonly keys: number[];
  readonly values: number[];
  /** What a null key stands for. */
  readonly nullKey: number;
  /** Why the pairs do not fit the type, if they do not. */
  readonly reason: string | undefined;
  add(key: number, value: number): void;
}

function readPairs(tokens: JsonTokens, pairs: Pairs): void {
  tokens.expect('[');
  for (let isFirst = true; tokens.hasNext(']', isFirst); isFirst = false) {
    tokens.expect('[');
    const isNull = tokens.peek() === 'n';
    const key = readNumber(tokens);
    tokens.expect(',');
    pairs.add(isNull ? pairs.nullKey : key, readNumber(tokens));
    tokens.expect(']');
  }
}

const tooMany = (what: string) => `expected at most ${MAX_BUCKETS} ${what}, got more`;

/** The buckets of a histogram, in any order. */
class Buckets implements Pairs {
  readonly keys: number[] = [];
  readonly values: number[] = [];
  /** Some encoders write null for +Inf. */
  readonly nullKey = Number.POSITIVE_INFINITY;
  reason: string | undefined;
  /** Whether each bound is above those before it and no count below them, without a bucket for -Inf. */
  isRegular = true;
  private hasInf = false;

  add(bound: number, value: number): void {
    const { keys, values } = this;
    if (Number.isNaN(bound)) this.reason ??= 'expected a number, got le="NaN"';
    if (!isCount(value)) this.reason ??= `expected a count, got ${value}`;
    else if (bound === Number.NEGATIVE_INFINITY) this.reason ??= negativeInfReason(value);
    this.isRegular &&= bound !== Number.NEGATIVE_INFINITY && isNextBucket(keys, values, bound, value);
    this.hasInf ||= bound === Number.POSITIVE_INFINITY;
    keys.push(bound);
    values.push(value);
    if (keys.length > (this.hasInf ? MAX_BUCKETS + 1 : MAX_BUCKETS)) this.reason ??= tooMany('buckets');
  }

  /** Returns the histogram as it is written. */
  written(count: number | undefined, sum: number | undefined): Pick<ValueFault, 'written' | 'repeated'> {
    const first = new Map<number, number>();
    for (const [i, bound] of this.keys.entries()) if (!first.has(bound)) first.set(bound, this.values[i] as number);
    const buckets = { bounds: [...first.keys()], cumulativeCounts: [...first.values()] };
    const written = { ...(count !== undefined && { count }), ...(sum !== undefined && { sum }), ...buckets };
    return { written, repeated: this.keys.length - first.size };
  }

  /** Returns the buckets, sorted and merged if necessary. The last one may be removed from them if it is for +Inf. */
  sorted(): Pick<Pairs, 'keys' | 'values'> {
    if (this.isRegular) return this.hasInf ? { keys: [...this.keys], values: [...this.values] } : this;
    const { bounds, cumulativeCounts } = sortBuckets(this.keys, this.values);
    const first = bounds[0] === Number.NEGATIVE_INFINITY ? 1 : 0;
    return { keys: bounds.slice(first), values: cumulativeCounts.slice(first) };
  }
}

/** The quantiles of a summary, in any order. Of a repeated one, the first value is kept. */
class Quantiles implements Pairs {
  readonly keys: number[] = [];
  readonly values: number[] = [];
  readonly nullKey = Number.NaN;
  reason: string | undefined;
  repeated = 0;
  private readonly seen = new Set<number>();

  add(quantile: number, value: number): void {
    const { keys, values, seen } = this;
    if (!(quantile >= 0 && quantile <= 1)) this.reason ??= `expected a quantile from 0 to 1, got ${quantile}`;
    if (seen.has(quantile)) {
      this.repeated++;
      return;
    }
    seen.add(quantile);
    keys.push(quantile);
    values.push(value);
    if (keys.length > MAX_BUCKETS) this.reason ??= tooMany('quantiles');
  }
}
