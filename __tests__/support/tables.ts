import type { MetricFamily, Sample } from '../../lib/model/metric-family.ts';
import { type FamilyTable, familyOf } from '../../lib/sources/cluster/family-table.ts';
import { Losses } from '../../lib/sources/cluster/losses.ts';
import { Recorder } from '../../lib/sources/cluster/recorder.ts';

const never = new AbortController().signal;

/** Returns the tables of families, as in the first response of a process. */
export async function tablesOf(
  families: readonly MetricFamily[],
  recorder = new Recorder(),
): Promise<readonly FamilyTable[]> {
  const losses = new Losses();
  const tables = await recorder.record(families, losses, never);
  expect(losses.list).toEqual([]);
  return tables;
}

/** Returns the families of tables, with samples as arrays. */
export const familiesOf = (tables: readonly FamilyTable[]) =>
  tables.map((table) => {
    const family = familyOf(table);
    return { ...family, samples: [...(family.samples as Iterable<Sample>)] };
  });

/** Returns families as processes pass them on: without exemplars and undefined members, and with labels as strings. */
export const plainFamilies = (families: readonly MetricFamily[]) =>
  families.map((family) => ({
    ...family,
    samples: (family.samples as Sample[]).map(({ labels, value }) => ({ labels, value: withoutExemplars(value) })),
  }));

function withoutExemplars(value: Sample['value']): Sample['value'] {
  if (typeof value === 'number' || !('bounds' in value)) return value;
  const { exemplars: _, ...rest } = value;
  return rest;
}
