import { MetricsError } from '../model/errors.ts';
import type { LabelSet } from '../model/metric-family.ts';
import { nearestNames } from '../util/nearest-names.ts';
import type { MetricsDocument, ScrapedFamily, ScrapedSample } from './document.ts';
import { commonLabels, type Labels, toLabelSet } from './labels.ts';
import { nearestSamples } from './nearest.ts';
import { linesText, sampleText, seriesText } from './series-text.ts';

/**
 * The one series that these labels tell. They need not be all of its labels; where a series has them and no others, it
 * is that one.
 *
 * @throws {MetricsError} `ERR_METRICS_METRIC_NOT_FOUND` or `ERR_METRICS_METRIC_AMBIGUOUS`, which show what there is
 */
export function findSeries(document: MetricsDocument, name: string, labels: Labels = {}): ScrapedSample {
  const [found, ...others] = seriesWith(document, name, labels);
  if (found === undefined) throw new MetricsError('ERR_METRICS_METRIC_NOT_FOUND', absence(document, name, labels));
  if (others.length > 0) throw ambiguous(name, labels, [found, ...others]);
  return found;
}

/** All series that have these labels, or the one that has no others besides. */
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

/** Says that a series is not there, and what is there instead. */
export function absence(document: MetricsDocument, name: string, labels: Labels): string {
  if (familyOf(document, name) === undefined) return familyAbsence(document, name);
  const wanted = toLabelSet(labels);
  const there = nearestSamples(samplesOf(document, name), wanted).map((sample) => sampleText(name, sample));
  const missing = `there is no series ${seriesText(name, wanted)}`;
  return there.length === 0 ? `${missing}: the family has none` : `${missing}; nearest are${linesText(there)}`;
}

function familyAbsence(document: MetricsDocument, name: string): string {
  const names = Object.keys(document);
  const missing = `there is no family "${name}"`;
  if (names.length === 0) return `${missing}: the document is empty`;
  const nearest = nearestNames(name, names);
  return nearest.length > 0
    ? `${missing}; did you mean ${nearest.map((other) => `"${other}"`).join(' or ')}?`
    : `${missing}; there are${linesText(names, 10)}`;
}

export function ambiguous(name: string, labels: Labels, found: readonly ScrapedSample[]): MetricsError {
  const wanted: LabelSet = toLabelSet(labels);
  const candidates = linesText(found.map((sample) => sampleText(name, sample)));
  return new MetricsError(
    'ERR_METRICS_METRIC_AMBIGUOUS',
    `${found.length} series have the labels of ${seriesText(name, wanted)}; add one that tells them apart:${candidates}`,
  );
}
