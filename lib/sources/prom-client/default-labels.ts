import { setLabel } from '../../model/labels.ts';
import type { LabelSet, Sample } from '../../model/metric-family.ts';
import { withTexts } from './label-texts.ts';

/**
 * Adds a registry's default labels to each sample. A label that the sample already has is kept; with `fillsEmpty`, not
 * if it is `undefined` or `null`.
 */
export function withDefaultLabels(
  samples: Iterable<Sample>,
  defaults: LabelSet,
  fillsEmpty: boolean,
): Iterable<Sample> {
  const names = Object.keys(defaults);
  return {
    *[Symbol.iterator]() {
      for (const sample of samples) {
        const labels: Record<string, string> = { ...sample.labels };
        for (const name of names) {
          const isOwn = Object.hasOwn(labels, name) && !(fillsEmpty && labels[name] == null);
          if (!isOwn) setLabel(labels, name, defaults[name] as string);
        }
        yield { ...sample, labels: withTexts(labels) };
      }
    },
  };
}
