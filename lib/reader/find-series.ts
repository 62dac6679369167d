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
  if (familyOf(document, name) === undefined) return familyNotFoundMessage(document, name);
  const wanted = toLabelSet(labels);
  const similar = suggestSamples(samplesOf(document, name), wanted).map((sample) => sampleText(name, sample));
  const missing = `there is no series ${seriesText(name, wanted)}`;
  return similar.length === 0 ? `${missing}: the family has no series` : `${missing}; nearest are${linesText(similar)}`;
}

function familyNotFoundMessage(document: MetricsDocument, name: string): string {
  const names = Object.keys(document);
  const missing = `there is no family "${name}"`;
  if (names.length === 0) return `${missing}: the document is empty`;
  const nearest = suggestNames(name, names);
  return nearest.length > 0
    ? `${missing}; did you mean ${nearest.map((other) => `"${other}"`).join(' or ')}?`
    : `${missing}; there are${linesText(names, 10)}`;
}

/** Returns the series in order of the number of wanted labels that they have. */
function suggestSamples(samples: readonly ScrapedSample[], wanted: LabelSet): ScrapedSample[] {
  const similarity = new Map(samples.map((sample) => [sample, commonLabels(sample.labels, wanted)]));
  return [...samples].sort((a, b) => (similarity.get(b) ?? 0) - (similarity.get(a) ?? 0));
}

export function ambiguityError(name: string, labels: Labels, found: readonly ScrapedSample[]): MetricsError {
  const wanted: LabelSet = toLabelSet(labels);
  const candidates = linesText(found.map((sample) => sampleText(name, sample)));
  return new MetricsError(
    'ERR_METRICS_METRIC_AMBIGUOUS',
    `${found.length} series have the labels of ${seriesText(name, wanted)}; add one that tells them apart:${candidates}`,
  );
}
