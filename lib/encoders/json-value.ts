import type { MetricType, Sample } from '../model/metric-family.ts';
import { createNumberText, type NonFinite, type NumberText } from './json-text.ts';
import { histogramOf, numberOf, summaryOf } from './samples.ts';

/** Writes a sample's value; undefined when `nonFinite: 'omit'` leaves it out. @throws when it is not of the type */
export function createValueText(type: MetricType, nonFinite: NonFinite): (sample: Sample) => string | undefined {
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
      // A family shares one array of bounds, mostly.
      keyTexts = keys.map((key, i) => `${i === 0 ? '' : '],'}[${number(key)},`);
      known = keys;
    }
    const total = sum === undefined ? 'null' : number(sum);
    const average = sum === undefined ? 'null' : number(count === 0 ? 0 : sum / count);
    // Where the sum is finite, the average is.
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
