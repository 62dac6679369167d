import type { LabelSet } from '../model/metric-family.ts';
import type { ScrapedSample } from './document.ts';
import { commonLabels } from './labels.ts';

/** Those that share most labels with what is wanted first. */
export function nearestSamples(samples: readonly ScrapedSample[], wanted: LabelSet): ScrapedSample[] {
  const likeness = new Map(samples.map((sample) => [sample, commonLabels(sample.labels, wanted)]));
  return [...samples].sort((a, b) => (likeness.get(b) ?? 0) - (likeness.get(a) ?? 0));
}
