import type { MetricType, Sample } from '../model/metric-family.ts';
import { isSameList } from '../util/is-same-list.ts';
import { skipValue } from './json-skip.ts';
import type { JsonTokens } from './json-tokens.ts';
import { MAX_BUCKETS, MAX_LABELS } from './sample-limits.ts';

export type ReadValue = (tokens: JsonTokens) => Sample['value'];

/** Creates the reader of one sample's value of the type. */
export function createValueReader(type: MetricType): ReadValue {
  switch (type) {
    case 'histogram': {
      const read = createDistributionReader('bucket', addBucket);
      return (tokens) => {
        const { keys, values, ...totals } = read(tokens);
        return { ...totals, bounds: keys, cumulativeCounts: values };
      };
    }
    case 'summary': {
      const read = createDistributionReader('quantile', addQuantile);
      return (tokens) => {
        const { keys, values, ...totals } = read(tokens);
        return { ...totals, quantiles: keys, values };
      };
    }
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

interface Distribution {
  readonly count: number;
  readonly sum?: number;
  readonly keys: readonly number[];
  readonly values: readonly number[];
}

/** Reads `{"count":3,"sum":0.9,"avg":0.3,"bucket":[[0.1,1.0],[0.5,3.0]]}`, without the average, which is redundant. */
function createDistributionReader(pairsName: string, add: AddPair): (tokens: JsonTokens) => Distribution {
  let lastKeys: readonly number[] = [];
  return (tokens) => {
    let count: number | undefined;
    let sum: number | undefined;
    let pairs: Pairs | undefined;
    for (const name of members(tokens)) {
      if (name === 'count') count = readCount(tokens);
      else if (name === 'sum') sum = readSum(tokens);
      else if (name === pairsName) pairs = readPairs(tokens, add);
      else skipValue(tokens);
    }
    if (count === undefined || pairs === undefined) {
      throw tokens.malformed(`expected "${count === undefined ? 'count' : pairsName}" before this`);
    }
    const { infCount = count, lastCount = 0 } = pairs;
    if (infCount !== count || lastCount > count)
      throw tokens.malformed('expected buckets before this that agree with their count');
    // The samples of a family share one array while their keys are equal.
    if (!isSameList(pairs.keys, lastKeys)) lastKeys = pairs.keys;
    return { count, ...(sum !== undefined && { sum }), keys: lastKeys, values: pairs.values };
  };
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
  if (!Number.isInteger(count) || count < 0) throw tokens.malformed('expected a count');
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
  /** Summaries only: the quantiles so far, which may be in any order. */
  readonly seen: Set<number>;
  /** Histograms only: the count of the last bucket. */
  lastCount?: number;
  /** Histograms only: the count of the +Inf bucket. */
  infCount?: number;
}

/** Adds a pair, or returns the reason why it must not follow those before it. A null key is NaN. */
type AddPair = (pairs: Pairs, key: number, value: number) => string | undefined;

function readPairs(tokens: JsonTokens, add: AddPair): Pairs {
  const pairs: Pairs = { keys: [], values: [], seen: new Set() };
  tokens.expect('[');
  for (let isFirst = true; tokens.hasNext(']', isFirst); isFirst = false) {
    tokens.expect('[');
    const key = readNumber(tokens);
    tokens.expect(',');
    const value = readNumber(tokens);
    const error = add(pairs, key, value);
    if (error !== undefined) throw tokens.malformed(error);
    if (pairs.keys.length > MAX_BUCKETS) throw tokens.malformed(`expected at most ${MAX_BUCKETS} pairs in a value`);
    tokens.expect(']');
  }
  return pairs;
}

function addBucket(pairs: Pairs, key: number, value: number): string | undefined {
  const { keys, values, lastCount = 0, infCount } = pairs;
  // Some encoders write null for +Inf.
  const bound = Number.isNaN(key) ? Number.POSITIVE_INFINITY : key;
  if (!(bound > (keys.at(-1) ?? Number.NEGATIVE_INFINITY)) || infCount !== undefined) {
    return 'expected ascending bounds';
  }
  if (!(value >= lastCount)) return 'expected cumulative counts';
  pairs.lastCount = value;
  if (bound === Number.POSITIVE_INFINITY) {
    // This count must equal `count`, which is checked at the end of the value.
    pairs.infCount = value;
    return undefined;
  }
  keys.push(bound);
  values.push(value);
  return undefined;
}

function addQuantile({ keys, values, seen }: Pairs, quantile: number, value: number): string | undefined {
  if (!(quantile >= 0 && quantile <= 1)) return 'expected a quantile from 0 to 1';
  if (seen.has(quantile)) return 'expected each quantile once';
  seen.add(quantile);
  keys.push(quantile);
  values.push(value);
  return undefined;
}
