import { labelValue } from '../encoders/samples.ts';
import { labelSetKey } from '../model/labels.ts';
import type { LabelSet } from '../model/metric-family.ts';
import { member, optionError } from '../util/option-error.ts';

/** Labels of a series that is looked for. A number is the same as its string, as in prom-client: `{ status: 200 }`. */
export type Labels = Readonly<Record<string, string | number>>;

/** @throws {TypeError} that names the argument */
export function checkSeries(caller: string, name: unknown, labels: unknown): void {
  if (typeof name !== 'string') {
    throw optionError(`${caller}: name`, name, { expected: 'the name of a family', write: '"queue_depth"' });
  }
  if (labels === undefined) return;
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) {
    throw optionError(`${caller}: labels`, labels, { expected: 'an object of labels', write: '{ queue: "a" }' });
  }
  for (const [label, value] of Object.entries(labels)) {
    if (['string', 'number', 'boolean'].includes(typeof value)) continue;
    const fault = { expected: 'a string or a number', write: 'one, or leave the label out' };
    throw optionError(`${caller}: labels${member(label)}`, value, fault);
  }
}

export const toLabelSet = (labels: Labels): LabelSet =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));

/** Number of the wanted labels that the label set has, with the same value. */
export const commonLabels = (labels: LabelSet, wanted: LabelSet): number =>
  Object.keys(wanted).filter((name) => Object.hasOwn(labels, name) && labels[name] === wanted[name]).length;

/** Key that is equal for label sets that are the same in a document, whatever their order. Numbers equal their strings. */
export const labelKey = (labels: LabelSet): string =>
  labelSetKey(Object.fromEntries(Object.keys(labels).map((name) => [name, labelValue(labels, name)])));
