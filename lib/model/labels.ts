import type { LabelSet } from './metric-family.ts';

/** Whether two label sets have the same labels in the same order. Cheaper than comparing keys, for hot paths. */
export function isSameLabelSet(a: LabelSet, b: LabelSet): boolean {
  const names = Object.keys(a);
  const others = Object.keys(b);
  if (names.length !== others.length) return false;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (name !== others[i] || a[name] !== b[name]) return false;
  }
  return true;
}

/** Returns a key that is equal for equal label sets, whatever the order of their labels. */
export function labelSetKey(labels: LabelSet): string {
  const parts: string[] = [];
  for (const name of Object.keys(labels).sort()) parts.push(name, labels[name] as string);
  return JSON.stringify(parts);
}

/** Returns a key that is equal for the label sets of one series in Prometheus, where an empty label is none. */
export const seriesLabelsKey = (labels: LabelSet) =>
  labelSetKey(Object.values(labels).includes('') ? withoutEmpty(labels) : labels);

const withoutEmpty = (labels: LabelSet): LabelSet =>
  Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));

/** Sets a label, which may be called `__proto__`: an assignment would then set the prototype. */
export function setLabel(labels: Record<string, string>, name: string, value: string): void {
  if (name === '__proto__') {
    Object.defineProperty(labels, name, { value, writable: true, enumerable: true, configurable: true });
  } else labels[name] = value;
}
