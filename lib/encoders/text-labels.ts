import type { LabelSet } from '../model/metric-family.ts';
import { InvalidSample } from './invalid-sample.ts';
import { labelValue } from './samples.ts';
import { type Escaping, escapeLabelName, labelNameText, quote } from './text-syntax.ts';

/** Maximum number of label names of one family whose escaped form is remembered while it is written. */
const MAX_NAMES = 256;

/**
 * Writes `a="x",b="y"`. A label that the format needs for itself, or two that are one after escaping, would
 * make Prometheus refuse the whole scrape: they cost the sample.
 */
export function createLabelsWriter(escaping: Escaping, reserved?: 'le' | 'quantile'): (labels: LabelSet) => string {
  const escapedNames = new Map<string, string>();
  const escaped = (name: string) => {
    let text = escapedNames.get(name);
    if (text === undefined) {
      text = escapeLabelName(name, escaping);
      if (escapedNames.size < MAX_NAMES) escapedNames.set(name, text);
    }
    return text;
  };
  return (labels) => {
    const names = Object.keys(labels);
    let text = '';
    let isChanged = false;
    for (const name of names) {
      const label = escaped(name);
      isChanged ||= label !== name;
      if (label === reserved || label === '__name__') throw reservedLabel(name);
      text += `${text === '' ? '' : ','}${labelNameText(label)}=${quote(labelValue(labels, name))}`;
    }
    // Names that escaping leaves alone differ, as the keys of one object.
    if (isChanged && new Set(names.map(escaped)).size < names.length) throw duplicateLabel(names);
    return text;
  };
}

const reservedLabel = (name: string) =>
  new InvalidSample(() => `its label "${name}" is one that the format needs for itself`);

const duplicateLabel = (names: readonly string[]) =>
  new InvalidSample(() => `two of its labels (${names.join(', ')}) are one after escaping`);
