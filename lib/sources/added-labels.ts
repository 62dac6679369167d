import type { LabelSet } from '../model/metric-family.ts';

// A label that conflicts with an added one becomes `exported_…`, as in Prometheus without `honor_labels`.

/** Returns the labels followed by the added ones. */
export function addLabels(labels: LabelSet, added: LabelSet): LabelSet {
  const names = Object.keys(labels);
  if (!names.some((name) => Object.hasOwn(added, name))) return { ...labels, ...added };
  const exported = exportConflicts(names, Object.keys(added));
  const renamed = Object.fromEntries(names.map((name, i) => [exported[i], labels[name]]));
  return { ...renamed, ...added };
}

/** Returns the label names that a family declares, with the added ones. */
export const addLabelNames = (names: readonly string[], added: readonly string[]): string[] =>
  // A series may lack the label that conflicts, or may have had the name `exported_…` before.
  [...new Set([...exportConflicts(names, added), ...added])];

function exportConflicts(names: readonly string[], added: readonly string[]): string[] {
  const taken = new Set([...names, ...added]);
  return names.map((name) => {
    if (!added.includes(name)) return name;
    let exported = `exported_${name}`;
    while (taken.has(exported)) exported = `exported_${exported}`;
    taken.add(exported);
    return exported;
  });
}
