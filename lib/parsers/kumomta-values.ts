import type { MetricType, Sample } from '../metric-family.ts';
import { skipWhole } from './json-skip.ts';
import type { JsonTokens } from './json-tokens.ts';

export type ReadValue = (tokens: JsonTokens) => Sample['value'];

/** Reads what stands for one sample of this type. */
export function valueReader(type: MetricType): ReadValue {
  switch (type) {
    case 'histogram': {
      const read = distributionReader('bucket');
      return (tokens) => {
        const { keys, values, ...totals } = read(tokens);
        return { ...totals, bounds: keys, cumulativeCounts: values };
      };
    }
    case 'summary': {
      const read = distributionReader('quantile');
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

/** JSON has no NaN and no infinities: they are null, or strings. */
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

/** Reads `{"count":3,"sum":0.9,"avg":0.3,"bucket":[[0.1,1.0],[0.5,3.0]]}`, where the average says nothing new. */
function distributionReader(pairsName: 'bucket' | 'quantile'): (tokens: JsonTokens) => Distribution {
  let known: readonly number[] = [];
  return (tokens) => {
    let count: number | undefined;
    let sum: number | undefined;
    let pairs: Pairs | undefined;
    for (const name of members(tokens)) {
      if (name === 'count') count = readCount(tokens);
      else if (name === 'sum') sum = readSum(tokens);
      else if (name === pairsName) pairs = readPairs(tokens, pairsName);
      else skipWhole(tokens);
    }
    if (count === undefined || pairs === undefined) {
      throw tokens.malformed(`expected "${count === undefined ? 'count' : pairsName}" before this`);
    }
    // One array for all of a family, as long as they are the same.
    if (!isSame(pairs.keys, known)) known = pairs.keys;
    return { count, ...(sum !== undefined && { sum }), keys: known, values: pairs.values };
  };
}

function* members(tokens: JsonTokens): Generator<string, void> {
  const names = new Set<string>();
  tokens.take('{');
  for (let name = tokens.member(true); name !== undefined; name = tokens.member(false)) {
    if (names.has(name)) throw tokens.malformed(`${JSON.stringify(name)} is there twice`);
    names.add(name);
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
  readonly keys: readonly number[];
  readonly values: readonly number[];
}

function readPairs(tokens: JsonTokens, name: 'bucket' | 'quantile'): Pairs {
  const keys: number[] = [];
  const values: number[] = [];
  tokens.take('[');
  for (let isFirst = true; tokens.goesOn(']', isFirst); isFirst = false) {
    tokens.take('[');
    const isNull = tokens.peek() === 'n';
    const key = readNumber(tokens);
    // The bucket of +Inf, which is null with some writers, says what `count` says.
    const isLast = name === 'bucket' && (isNull || key === Number.POSITIVE_INFINITY);
    if (!isLast && !Number.isFinite(key)) throw tokens.malformed('expected a finite number');
    tokens.take(',');
    const value = readNumber(tokens);
    tokens.take(']');
    if (isLast) continue;
    keys.push(key);
    values.push(value);
  }
  return { keys, values };
}

const isSame = (keys: readonly number[], known: readonly number[]) =>
  keys.length === known.length && keys.every((key, i) => key === known[i]);
