import type { LabelSet } from './metric-family.ts';

/** Whether two label sets have the same labels in the same order. Cheaper than comparing keys, for hot paths. */
export function isSameLabelSet(a: LabelSet, b: LabelSet): boolean {
  const names = Object.keys(a);
  const others = Object.keys(b);
  return names.length === others.length && names.every((name, i) => name === others[i] && a[name] === b[name]);
}

/** Returns a key that is equal for equal label sets, whatever the order of their labels. */
export const labelSetKey = (labels: LabelSet): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
