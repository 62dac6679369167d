import type { Exemplar, LabelSet, MetricType, Sample } from '../model/metric-family.ts';
import type { FamilyProgress } from './format.ts';
import { InvalidSample } from './invalid-sample.ts';
import type { FamilyLabelCache } from './label-cache.ts';
import { histogramOf, labelValue, numberOf, summaryOf } from './samples.ts';
import { type Escaping, escapeLabelName, labelNameText, quote, seriesText, textNumber } from './text-syntax.ts';

/** Maximum number of escaped label names that are cached while a family is written. */
const MAX_CACHED_NAMES = 256;

/** How one of the text formats writes samples. */
export interface TextDialect {
  readonly escaping: Escaping;
  /** Whether a histogram with a bound below 0 may have a sum and, with it, a count. */
  readonly canSumNegatives: boolean;
  /** Returns the text of a bound (`le`) or a quantile. */
  bound(value: number): string;
  /**
   * Returns the text after a value that may have an exemplar. An invalid exemplar is reported to `progress`. Undefined
   * in a format without exemplars.
   */
  readonly exemplar?: (exemplar: Exemplar | undefined, progress: FamilyProgress) => string;
}

/** Returns the names of a family's series. A parser refuses a document in which another family has one of them. */
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

/** Writes a sample's lines. */
type SampleLines = (sample: Sample, progress: FamilyProgress) => string;

/** Creates the writer for a family. `name` is the series' name, escaped and with its suffix. */
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
  return (sample: Sample, progress: FamilyProgress) => {
    const text = texts.textAt(progress.position, sample.labels, start) + textNumber(numberOf(sample));
    return exemplarText === undefined ? `${text}\n` : `${text}${exemplarText(sample.exemplar, progress)}\n`;
  };
}

function histogramLines(
  name: string,
  { escaping, bound, exemplar, canSumNegatives }: TextDialect,
  texts: FamilyLabelCache,
): SampleLines {
  const { open } = seriesText(`${name}_bucket`);
  const sumAndCount = createSumAndCount(name);
  const labelsText = createLabelsWriter(escaping, 'le');
  const boundSuffixes = createBoundSuffixes('le', bound);
  return (sample, progress) => {
    const { count, sum, bounds, cumulativeCounts, exemplars } = histogramOf(sample);
    const labels = texts.textAt(progress.position, sample.labels, labelsText);
    const start = open(labels);
    const suffixes = boundSuffixes(bounds);
    let text = '';
    for (let i = 0; i < bounds.length; i++) {
      text += start + suffixes[i] + textNumber(cumulativeCounts[i] as number);
      text += exemplar === undefined ? '\n' : `${exemplar(exemplars?.[i], progress)}\n`;
    }
    text += `${start}le="+Inf"} ${count}${exemplar?.(exemplars?.[bounds.length], progress) ?? ''}\n`;
    if (canSumNegatives || !((bounds[0] as number) < 0)) return text + sumAndCount(labels, count, sum);
    progress.onDropped(negativeTotals());
    return text;
  };
}

function summaryLines(name: string, { escaping, bound }: TextDialect, texts: FamilyLabelCache): SampleLines {
  const { open } = seriesText(name);
  const sumAndCount = createSumAndCount(name);
  const labelsText = createLabelsWriter(escaping, 'quantile');
  const boundSuffixes = createBoundSuffixes('quantile', bound);
  return (sample, progress) => {
    const { count, sum, quantiles, values } = summaryOf(sample);
    const labels = texts.textAt(progress.position, sample.labels, labelsText);
    const start = open(labels);
    const suffixes = boundSuffixes(quantiles);
    let text = '';
    for (let i = 0; i < quantiles.length; i++) text += `${start}${suffixes[i]}${textNumber(values[i] as number)}\n`;
    return text + sumAndCount(labels, count, sum);
  };
}

/** Writes the ends of bucket and quantile series, once for each array of keys: a family's samples usually share one. */
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

/**
 * Creates the writer of a label set as `a="x",b="y"`. It throws for a label that the format reserves, and for two
 * labels that are equal after escaping: the sample is dropped, since Prometheus would refuse the whole scrape.
 */
export function createLabelsWriter(escaping: Escaping, reserved?: 'le' | 'quantile'): (labels: LabelSet) => string {
  const escapedNames = new Map<string, string>();
  const escaped = (name: string) => {
    let text = escapedNames.get(name);
    if (text === undefined) {
      text = escapeLabelName(name, escaping);
      if (escapedNames.size < MAX_CACHED_NAMES) escapedNames.set(name, text);
    }
    return text;
  };
  return (labels) => {
    const names = Object.keys(labels);
    let text = '';
    let isChanged = false;
    for (const name of names) {
      const label = escaped(name);
      isChanged ||= label !== name;
      if (label === reserved || label === '__name__') throw reservedLabel(name);
      text += `${text === '' ? '' : ','}${labelNameText(label)}=${quote(labelValue(labels, name))}`;
    }
    // Keys of one object differ, so only escaping can make them equal.
    if (isChanged && new Set(names.map(escaped)).size < names.length) throw duplicateLabel(names);
    return text;
  };
}

const negativeTotals = () =>
  new InvalidSample(() => 'it has a bound below 0, unlike the samples before it, so that it may have no sum and count');

const reservedLabel = (name: string) =>
  new InvalidSample(() => `its label "${name}" is one that the format needs for itself`);

const duplicateLabel = (names: readonly string[]) =>
  new InvalidSample(() => `two of its labels (${names.join(', ')}) are one after escaping`);
