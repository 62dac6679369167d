import type { LabelSet, Sample } from '../metric-family.ts';

/**
 * Adds a registry's default labels behind a sample's own, which win. What was merged is kept by position,
 * so that a series has the same label object in every scrape: encoders know its text by that.
 */
export class DefaultLabels {
  private defaults: LabelSet = {};
  private own: LabelSet[] = [];
  private merged: LabelSet[] = [];

  addTo(samples: Iterable<Sample>, defaults: LabelSet): Iterable<Sample> {
    const names = Object.keys(defaults);
    if (names.length === 0) return samples;
    if (
      names.length !== Object.keys(this.defaults).length ||
      names.some((name) => this.defaults[name] !== defaults[name])
    ) {
      this.defaults = { ...defaults };
      this.own = [];
      this.merged = [];
    }
    const { own, merged } = this;
    const mergedAt = (i: number, labels: LabelSet): LabelSet => {
      if (own[i] !== labels) {
        own[i] = labels;
        merged[i] = {
          ...labels,
          ...Object.fromEntries(
            names.filter((name) => labels[name] === undefined).map((name) => [name, defaults[name] as string]),
          ),
        };
      }
      return merged[i] as LabelSet;
    };
    return {
      *[Symbol.iterator]() {
        let i = 0;
        for (const sample of samples) yield { ...sample, labels: mergedAt(i++, sample.labels) };
      },
    };
  }
}
