import type { LabelSet } from '../../model/metric-family.ts';

/** Adds a label after the others. A conflicting label becomes `exported_…`, as in Prometheus without `honor_labels`. */
export function addLabel(labels: LabelSet, name: string, value: string): LabelSet {
  const entries = Object.entries(labels).map(([own, text]) => [own === name ? exportedName(name, labels) : own, text]);
  return Object.fromEntries([...entries, [name, value]]);
}

/** Adds a label name to those that a family declares. */
export function addLabelName(names: readonly string[], name: string): string[] {
  const taken = Object.fromEntries(names.map((own) => [own, '']));
  // A series may lack the label whose name was taken, or one that was in the way.
  return [...new Set([...names.map((own) => (own === name ? exportedName(name, taken) : own)), name])];
}

function exportedName(name: string, labels: LabelSet): string {
  let free = `exported_${name}`;
  while (Object.hasOwn(labels, free)) free = `exported_${free}`;
  return free;
}
