import { isCumulative, type Labels, labelValue } from '../model/document.ts';
import type { Series } from '../model/family.ts';
import type { Combined } from '../model/queries.ts';
import { aggregationOf } from '../model/units.ts';
import { withoutRollups } from '../model/update-family.ts';
import type { Selection } from './charts.ts';

/** Returns how the first figure combines the series, so that a query can do the same. */
export function combinedOf({ family, series, rollups }: Selection): Combined {
  const added = withoutRollups(series, rollups);
  const isOne = added.length < 2 && rollups.size === 0;
  const values = new Map<string, Set<string>>();
  const valuesAdded = new Map<string, ReadonlySet<string>>();
  const others: Labels[] = [];
  for (const rollup of rollups) {
    const name = labelOfSum(rollup.labels, family.candidates.get(rollup)?.[0]?.labels ?? []);
    const value = labelValue(rollup.labels, name) ?? '';
    // Another series may have the same value, but be no sum: in another zone, for example.
    if (!valuesAdded.has(name)) valuesAdded.set(name, valuesIn(added, name));
    if (valuesAdded.get(name)!.has(value)) others.push(rollup.labels);
    else values.set(name, (values.get(name) ?? new Set()).add(value));
  }
  return {
    aggregation: isOne && !isCumulative(family.type) ? undefined : aggregationOf(family.unit, family.type),
    leftOut: Array.from(values, ([name, known]) => ({ name, values: [...known] })),
    leftOutSeries: others,
  };
}

const valuesIn = (series: readonly Series[], name: string) =>
  new Set(series.map(({ labels }) => labelValue(labels, name) ?? ''));

/** Returns the name of the label whose value is the beginning of that of a part. */
function labelOfSum(sum: Labels, part: Labels): string {
  const at = sum.findIndex((text, i) => i % 2 === 1 && text !== part[i]);
  return sum[at - 1] ?? '';
}
