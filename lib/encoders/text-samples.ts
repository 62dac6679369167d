import type { Exemplar, MetricType, Sample } from '../model/metric-family.ts';
import type { FamilyLabelCache } from './label-cache.ts';
import { histogramOf, numberOf, summaryOf } from './samples.ts';
import { createLabelsWriter } from './text-labels.ts';
import { type Escaping, seriesText, textNumber } from './text-syntax.ts';

/** Where the text formats differ in how they write samples. */
export interface TextDialect {
  readonly escaping: Escaping;
  /** The text of a bound (`le`) or a quantile. */
  bound(value: number): string;
  /** What follows a value that may have an exemplar; undefined in a format without exemplars. */
  readonly exemplar?: (exemplar: Exemplar | undefined) => string;
}

/** The names of a family's series. A parser that finds one of them in another family refuses the whole text. */
export function seriesNames(type: MetricType, name: string): string[] {
  switch (type) {
    case 'histogram':
      return [name, `${name}_bucket`, `${name}_sum`, `${name}_count`];
    case 'summary':
      return [name, `${name}_sum`, `${name}_count`];
    default:
      return [name];
  }
}

/** Writes the lines of the sample at a position of its family. */
export type SampleLines = (sample: Sample, position: number) => string;

/** `name` is that of the series, valid and whole. */
export function createSampleLines(
  type: MetricType,
  name: string,
  dialect: TextDialect,
  texts: FamilyLabelCache,
): SampleLines {
  switch (type) {
    case 'histogram':
      return histogramLines(name, dialect, texts);
    case 'summary':
      return summaryLines(name, dialect, texts);
    default:
      return valueLine(type, name, dialect, texts);
  }
}

function valueLine(type: MetricType, name: string, { escaping, exemplar }: TextDialect, texts: FamilyLabelCache) {
  const { line } = seriesText(name);
  const labelsText = createLabelsWriter(escaping);
  const start = (labels: Sample['labels']) => `${line(labelsText(labels))} `;
  const exemplarText = type === 'counter' ? exemplar : undefined;
  return (sample: Sample, position: number) => {
    const text = texts.textAt(position, sample.labels, start) + textNumber(numberOf(sample));
    return exemplarText === undefined ? `${text}\n` : `${text}${exemplarText(sample.exemplar)}\n`;
  };
}

function histogramLines(
  name: string,
  { escaping, bound, exemplar }: TextDialect,
  texts: FamilyLabelCache,
): SampleLines {
  const { open } = seriesText(`${name}_bucket`);
  const sumAndCount = createSumAndCount(name);
  const labelsText = createLabelsWriter(escaping, 'le');
  const boundSuffixes = createBoundSuffixes('le', bound);
  return (sample, position) => {
    const { count, sum, bounds, cumulativeCounts, exemplars } = histogramOf(sample);
    const labels = texts.textAt(position, sample.labels, labelsText);
    const start = open(labels);
    const suffixes = boundSuffixes(bounds);
    let text = '';
    for (let i = 0; i < bounds.length; i++) {
      text += start + suffixes[i] + textNumber(cumulativeCounts[i] as number);
      text += exemplar === undefined ? '\n' : `${exemplar(exemplars?.[i])}\n`;
    }
    text += `${start}le="+Inf"} ${count}${exemplar?.(exemplars?.[bounds.length]) ?? ''}\n`;
    return text + sumAndCount(labels, count, sum);
  };
}

function summaryLines(name: string, { escaping, bound }: TextDialect, texts: FamilyLabelCache): SampleLines {
  const { open } = seriesText(name);
  const sumAndCount = createSumAndCount(name);
  const labelsText = createLabelsWriter(escaping, 'quantile');
  const boundSuffixes = createBoundSuffixes('quantile', bound);
  return (sample, position) => {
    const { count, sum, quantiles, values } = summaryOf(sample);
    const labels = texts.textAt(position, sample.labels, labelsText);
    const start = open(labels);
    const suffixes = boundSuffixes(quantiles);
    let text = '';
    for (let i = 0; i < quantiles.length; i++) text += `${start}${suffixes[i]}${textNumber(values[i] as number)}\n`;
    return text + sumAndCount(labels, count, sum);
  };
}

/** Where series end in their bound or quantile; made once, as a family shares one array of them, mostly. */
function createBoundSuffixes(label: 'le' | 'quantile', bound: (value: number) => string) {
  let known: readonly number[] | undefined;
  let suffixes: string[] = [];
  return (keys: readonly number[]) => {
    if (keys !== known) {
      suffixes = keys.map((key) => `${label}="${bound(key)}"} `);
      known = keys;
    }
    return suffixes;
  };
}

function createSumAndCount(name: string) {
  const sumSeries = seriesText(`${name}_sum`);
  const countSeries = seriesText(`${name}_count`);
  return (labels: string, count: number, sum: number | undefined) =>
    `${sum === undefined ? '' : `${sumSeries.line(labels)} ${textNumber(sum)}\n`}${countSeries.line(labels)} ${count}\n`;
}
