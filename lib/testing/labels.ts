import type { LabelSet } from '../metric-family.ts';

/** Labels as tests write them. A number stands for its text, as with prom-client: `{ status: 200 }`. */
export type Labels = Readonly<Record<string, string | number>>;

export const toLabelSet = (labels: Labels): LabelSet =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));

/** How many of these labels the label set has. */
export const commonLabels = (labels: LabelSet, wanted: LabelSet): number =>
  Object.keys(wanted).filter((name) => Object.hasOwn(labels, name) && labels[name] === wanted[name]).length;

/** The same text for the same labels, whatever their order. */
export const labelKey = (labels: LabelSet): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
