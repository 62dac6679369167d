import type { LabelSet } from '../../model/metric-family.ts';

/** Adds a label behind the others; one of that name that was there becomes `exported_…`, as in Prometheus (`honor_labels: false`). */
export function addLabel(labels: LabelSet, name: string, value: string): LabelSet {
  const entries = Object.entries(labels).map(([own, text]) => [own === name ? exportedName(name, labels) : own, text]);
  return Object.fromEntries([...entries, [name, value]]);
}

/** The same for the label names that a family declares. */
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
