import type { LabelSet } from '../model/metric-family.ts';
import { isSameList } from '../util/is-same-list.ts';

/**
 * Finds label sets that come again. Two are the same if they are one series in Prometheus: an empty label is none, and
 * the order of the labels does not matter.
 */
export class DistinctLabels {
  private readonly positions = new Map<string, number>();
  /** Names of the first label set. They come first in every key, so that few keys need sorting. */
  private firstNames: readonly string[] | undefined;

  /** The label sets so far have the position -1. */
  constructor(labelSets: Iterable<LabelSet>) {
    for (const labels of labelSets) this.add(labels, -1);
  }

  /** Adds a label set. If it came before, returns the position that it was added with. */
  add(labels: LabelSet, position: number): number | undefined {
    const key = this.keyOf(labels);
    const known = this.positions.get(key);
    if (known === undefined) this.positions.set(key, position);
    return known;
  }

  private keyOf(labels: LabelSet): string {
    let key = '';
    for (const name of this.orderedNames(labels)) {
      const value = labels[name] as string;
      if (value !== '') key += `${name.length},${value.length},${name}${value}`;
    }
    return key;
  }

  private orderedNames(labels: LabelSet): readonly string[] {
    const names = Object.keys(labels);
    this.firstNames ??= names;
    const { firstNames } = this;
    if (isSameList(names, firstNames)) return names;
    const known = firstNames.filter((name) => Object.hasOwn(labels, name));
    return [...known, ...names.filter((name) => !firstNames.includes(name)).sort()];
  }
}
