import { MetricsError } from '../errors.ts';
import type { Exemplar, LabelSet, MetricType, Sample } from '../metric-family.ts';
import { histogramOf, labelValue, numberOf, summaryOf } from './samples.ts';
import { type Escaping, escapeLabelName, labelNameText, quote, seriesText, textNumber } from './text-syntax.ts';

/** Where the text formats differ in how they write samples. */
export interface TextDialect {
  readonly escaping: Escaping;
  /** The text of a bound (`le`) or a quantile. */
  bound(value: number): string;
  /** What follows a value that may have an exemplar. */
  exemplar(exemplar: Exemplar | undefined): string;
}

/** Writes the lines of a sample; `name` is that of the series, valid and whole. */
export function sampleLines(type: MetricType, name: string, dialect: TextDialect): (sample: Sample) => string {
  switch (type) {
    case 'histogram':
      return histogramLines(name, dialect);
    case 'summary':
      return summaryLines(name, dialect);
    default:
      return valueLine(type, name, dialect);
  }
}

function valueLine(type: MetricType, name: string, { escaping, exemplar }: TextDialect) {
  const series = seriesText(name);
  const labelsText = labelsWriter(escaping);
  const exemplarText = (sample: Sample) => (type === 'counter' ? exemplar(sample.exemplar) : '');
  return (sample: Sample) =>
    `${series(labelsText(sample.labels))} ${textNumber(numberOf(sample))}${exemplarText(sample)}\n`;
}

function histogramLines(name: string, { escaping, bound, exemplar }: TextDialect) {
  const bucket = seriesText(`${name}_bucket`);
  const totals = totalLines(name);
  const labelsText = labelsWriter(escaping, 'le');
  return (sample: Sample) => {
    const { count, sum, bounds, cumulativeCounts, exemplars } = histogramOf(sample);
    const labels = labelsText(sample.labels);
    const first = labels === '' ? '' : `${labels},`;
    let text = '';
    for (let i = 0; i < bounds.length; i++) {
      const series = bucket(`${first}le="${bound(bounds[i] as number)}"`);
      text += `${series} ${textNumber(cumulativeCounts[i] as number)}${exemplar(exemplars?.[i])}\n`;
    }
    text += `${bucket(`${first}le="+Inf"`)} ${count}${exemplar(exemplars?.[bounds.length])}\n`;
    return text + totals(labels, count, sum);
  };
}

function summaryLines(name: string, { escaping, bound }: TextDialect) {
  const series = seriesText(name);
  const totals = totalLines(name);
  const labelsText = labelsWriter(escaping, 'quantile');
  return (sample: Sample) => {
    const { count, sum, quantiles, values } = summaryOf(sample);
    const labels = labelsText(sample.labels);
    const first = labels === '' ? '' : `${labels},`;
    let text = '';
    for (let i = 0; i < quantiles.length; i++) {
      text += `${series(`${first}quantile="${bound(quantiles[i] as number)}"`)} ${textNumber(values[i] as number)}\n`;
    }
    return text + totals(labels, count, sum);
  };
}

function totalLines(name: string) {
  const sumSeries = seriesText(`${name}_sum`);
  const countSeries = seriesText(`${name}_count`);
  return (labels: string, count: number, sum: number | undefined) =>
    `${sum === undefined ? '' : `${sumSeries(labels)} ${textNumber(sum)}\n`}${countSeries(labels)} ${count}\n`;
}

/**
 * Writes `a="x",b="y"`. A label that the format needs for itself, or two that are one after escaping, would
 * make Prometheus refuse the whole scrape: they cost the sample.
 */
export function labelsWriter(escaping: Escaping, reserved?: 'le' | 'quantile'): (labels: LabelSet) => string {
  const escapedNames = new Map<string, string>();
  const escaped = (name: string) => {
    let text = escapedNames.get(name);
    if (text === undefined) {
      text = escapeLabelName(name, escaping);
      escapedNames.set(name, text);
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
      if (label === reserved || label === '__name__') throw taken(name);
      text += `${text === '' ? '' : ','}${labelNameText(label)}=${quote(labelValue(labels, name))}`;
    }
    // Names that escaping leaves alone differ, as the keys of one object.
    if (isChanged && new Set(names.map(escaped)).size < names.length) throw collision(names);
    return text;
  };
}

const taken = (name: string) =>
  new MetricsError('INVALID_SAMPLE', `its label "${name}" is one that the format needs for itself`);

const collision = (names: readonly string[]) =>
  new MetricsError('INVALID_SAMPLE', `two of its labels (${names.join(', ')}) are one after escaping`);
