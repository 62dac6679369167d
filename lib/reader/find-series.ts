import { MetricsError } from '../model/errors.ts';
import type { LabelSet } from '../model/metric-family.ts';
import { suggestNames } from '../util/suggest-names.ts';
import type { MetricsDocument, ScrapedFamily, ScrapedSample } from './document.ts';
import { commonLabels, type Labels, toLabelSet } from './labels.ts';
import { linesText, sampleText, seriesText } from './series-text.ts';

/**
 * Finds the series with these labels. They may be some of its labels, unless another series has exactly these.
 *
 * @throws {MetricsError} `ERR_METRICS_METRIC_NOT_FOUND` or `ERR_METRICS_METRIC_AMBIGUOUS`, which list candidates
 */
export function findSeries(document: MetricsDocument, name: string, labels: Labels = {}): ScrapedSample {
  const [found, ...others] = seriesWith(document, name, labels);
  if (found === undefined)
    throw new MetricsError('ERR_METRICS_METRIC_NOT_FOUND', notFoundMessage(document, name, labels));
  if (others.length > 0) throw ambiguityError(name, labels, [found, ...others]);
  return found;
}

/** Returns the series with exactly these labels or, if there is none, all series that have them among others. */
export function seriesWith(document: MetricsDocument, name: string, labels: Labels): readonly ScrapedSample[] {
  const wanted = toLabelSet(labels);
  const length = Object.keys(wanted).length;
  const found = samplesOf(document, name).filter((sample) => commonLabels(sample.labels, wanted) === length);
  const exact = found.filter((sample) => Object.keys(sample.labels).length === length);
  return exact.length > 0 ? exact : found;
}

export function familyOf(document: MetricsDocument, name: string): ScrapedFamily | undefined {
  return Object.hasOwn(document, name) ? document[name] : undefined;
}

const samplesOf = (document: MetricsDocument, name: string): readonly ScrapedSample[] =>
  familyOf(document, name)?.samples ?? [];

/** Explains that a series is missing, and lists the most similar ones. */
export function notFoundMessage(document: MetricsDocument, name: string, labels: Labels): string {
  const family = familyOf(document, name);
  if (family === undefined) return familyNotFoundMessage(document, name);
  const wanted = toLabelSet(labels);
  const missing = `there is no series ${seriesText(name, wanted)}`;
  if (family.samples.length === 0) return `${missing}: the family has no series`;
  const similar = suggestSamples(family.samples, wanted).map((sample) => sampleText(name, sample));
  return `${missing}${labelHints(family, wanted)}; nearest are${linesText(similar)}`;
}

/** Members of a value that text formats write as series of other names or with another label. */
const PARTS: Readonly<Record<string, string>> = {
  _count: 'count',
  _sum: 'sum',
  _bucket: 'cumulativeCounts',
  le: 'bounds and cumulativeCounts',
  quantile: 'quantiles and values',
};

function familyNotFoundMessage(document: MetricsDocument, name: string): string {
  const names = Object.keys(document);
  const missing = `there is no family "${name}"`;
  if (names.length === 0) return `${missing}: the document is empty`;
  const [, whole = '', suffix = ''] = /^(.*)(_count|_sum|_bucket)$/.exec(name) ?? [];
  const type = familyOf(document, whole)?.type;
  if (type === 'histogram' || (type === 'summary' && suffix !== '_bucket')) {
    return `${missing}: it is part of the ${type} "${whole}"; read ${PARTS[suffix]} of its value`;
  }
  const nearest = suggestNames(name, names);
  return nearest.length > 0
    ? `${missing}; did you mean ${quoted(nearest, ' or ')}?`
    : `${missing}; there are${linesText(names, 10)}`;
}

/** Explains the labels that no series of the family has. */
function labelHints({ type, samples }: ScrapedFamily, wanted: LabelSet): string {
  const known = new Set(samples.flatMap(({ labels }) => Object.keys(labels)));
  const unknown = Object.keys(wanted).filter((label) => !known.has(label));
  return unknown.map((label) => `; none has the label "${label}"${labelHint(label, [...known], type)}`).join('');
}

function labelHint(label: string, known: readonly string[], type: ScrapedFamily['type']): string {
  if (label === { histogram: 'le', summary: 'quantile' }[type as string]) return ` (read ${PARTS[label]} of its value)`;
  const nearest = suggestNames(label, known);
  if (nearest.length > 0) return ` (did you mean ${quoted(nearest, ' or ')}?)`;
  return known.length > 0 ? ` (there are ${quoted(known, ', ')})` : '';
}

const quoted = (names: readonly string[], separator: string): string =>
  names.map((name) => `"${name}"`).join(separator);

/** Number of series up to which the values of labels are compared. */
const MAX_COMPARED = 1_000;

/** Returns the series in order of the number of wanted labels that they have, or nearly have. */
function suggestSamples(samples: readonly ScrapedSample[], wanted: LabelSet): ScrapedSample[] {
  const isNear = (actual: string | undefined, value: string) =>
    actual !== undefined && actual !== value && suggestNames(value, [actual]).length > 0;
  const similarity = ({ labels }: ScrapedSample) => {
    const near = samples.length > MAX_COMPARED ? [] : Object.entries(wanted).filter(([it, v]) => isNear(labels[it], v));
    return commonLabels(labels, wanted) + near.length / 2;
  };
  return samples
    .map((sample) => ({ sample, similarity: similarity(sample) }))
    .sort((a, b) => b.similarity - a.similarity)
    .map(({ sample }) => sample);
}

export function ambiguityError(name: string, labels: Labels, found: readonly ScrapedSample[]): MetricsError {
  const wanted: LabelSet = toLabelSet(labels);
  const candidates = linesText(found.map((sample) => sampleText(name, sample)));
  return new MetricsError(
    'ERR_METRICS_METRIC_AMBIGUOUS',
    `${found.length} series have the labels of ${seriesText(name, wanted)}; add one that tells them apart:${candidates}`,
  );
}
