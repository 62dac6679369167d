import { labelValue } from '../encoders/samples.ts';
import type { LabelSet } from '../model/metric-family.ts';

/** Labels as tests write them. A number stands for its text, as with prom-client: `{ status: 200 }`. */
export type Labels = Readonly<Record<string, string | number>>;

export const toLabelSet = (labels: Labels): LabelSet =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));

/** How many of these labels the label set has. */
export const commonLabels = (labels: LabelSet, wanted: LabelSet): number =>
  Object.keys(wanted).filter((name) => Object.hasOwn(labels, name) && labels[name] === wanted[name]).length;

/** The same text for what is the same label set in a document, whatever its order and whether `200` is a number or a text. */
export const labelKey = (labels: LabelSet): string =>
  JSON.stringify(
    Object.keys(labels)
      .sort()
      .map((name) => [name, labelValue(labels, name)]),
  );
