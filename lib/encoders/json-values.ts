import type { MetricType, Sample } from '../model/metric-family.ts';
import { byteString } from './encoder.ts';
import { decimalText } from './number-text.ts';
import { histogramOf, numberOf, summaryOf } from './samples.ts';

/** Texts of the small integers, which most counts are. */
const SMALL_INTEGERS = Array.from({ length: 4096 }, (_, value) => `${value}.0`);
/** Strings that JSON writes as they are. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** How NaN and the infinities, which JSON does not have, are written. */
export type NonFinite = 'null' | 'string' | 'omit';

/** Returns the text of a number; undefined when it is omitted. */
type NumberText = (value: number) => string | undefined;

/**
 * Writes a number as a float, in the shortest text that reads back as the same double. A consumer that infers its
 * schema from the first document then never takes a metric for an integer.
 */
function createNumberText(nonFinite: NonFinite): NumberText {
  return (value) => {
    // Includes -0.
    if ((value | 0) === value) return SMALL_INTEGERS[value] ?? `${value}.0`;
    if (Number.isFinite(value))
      return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : decimalText(value);
    if (nonFinite === 'omit') return undefined;
    if (nonFinite === 'null') return 'null';
    if (Number.isNaN(value)) return '"NaN"';
    return value === Number.POSITIVE_INFINITY ? '"+Inf"' : '"-Inf"';
  };
}

/** Returns a JSON string, as a byte string. */
export function jsonString(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  return byteString(JSON.stringify(text.toWellFormed()));
}

/**
 * Returns the text of a sample's value; undefined when `nonFinite: 'omit'` omits the value. Throws when the value does
 * not fit the type.
 */
export type ValueText = (sample: Sample) => string | undefined;

export function createValueText(type: MetricType, nonFinite: NonFinite): ValueText {
  const number = createNumberText(nonFinite);
  switch (type) {
    case 'histogram': {
      const pairs = createPairsText('bucket', number);
      return (sample) => {
        const { count, sum, bounds, cumulativeCounts } = histogramOf(sample);
        return pairs(count, sum, bounds, cumulativeCounts);
      };
    }
    case 'summary': {
      const pairs = createPairsText('quantile', number);
      return (sample) => {
        const { count, sum, quantiles, values } = summaryOf(sample);
        return pairs(count, sum, quantiles, values);
      };
    }
    default:
      return (sample) => number(numberOf(sample));
  }
}

function createPairsText(name: 'bucket' | 'quantile', number: NumberText) {
  let known: readonly number[] | undefined;
  let keyTexts: string[] = [];
  return (count: number, sum: number | undefined, keys: readonly number[], values: readonly number[]) => {
    if (keys !== known) {
      // The samples of a family usually share one array of bounds.
      keyTexts = keys.map((key, i) => `${i === 0 ? '' : '],'}[${number(key)},`);
      known = keys;
    }
    const total = sum === undefined ? 'null' : number(sum);
    const average = sum === undefined ? 'null' : number(count === 0 ? 0 : sum / count);
    // The average is finite whenever the sum is, so one check is enough.
    if (total === undefined) return undefined;
    let text = `{"count":${count},"sum":${total},"avg":${average},"${name}":[`;
    for (let i = 0; i < values.length; i++) {
      const value = number(values[i] as number);
      if (value === undefined) return undefined;
      text += keyTexts[i] + value;
    }
    return text + (values.length === 0 ? ']}' : ']]}');
  };
}
