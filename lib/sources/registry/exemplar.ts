import type { LabelSet } from '../../model/metric-family.ts';
import { optionError, shown } from '../../util/option-error.ts';
import { labelText } from './label-values.ts';

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** Maximum code points of the names and values together (OpenMetrics 1.0, "Exemplars"). */
const MAX_LENGTH = 128;

/**
 * Returns a copy of an exemplar's labels, which the caller may change later. `option` is their place, for error
 * messages.
 *
 * @throws {TypeError} for labels that OpenMetrics cannot write
 */
export function copyExemplar(option: string, labels: unknown): LabelSet {
  if (Object.prototype.toString.call(labels) !== '[object Object]') {
    throw optionError(option, labels, { expected: 'an object of labels', write: '{ trace_id: "…" }' });
  }
  const copy: Record<string, string> = {};
  let length = 0;
  for (const [name, value] of Object.entries(labels as object)) {
    if (!LABEL_NAME.test(name) || name === '__proto__') {
      const fault = { expected: 'a label name: letters, digits and _', got: shown(name), write: '{ trace_id: "…" }' };
      throw optionError(option, labels, fault);
    }
    const text = labelText(option, name, value).toWellFormed();
    length += name.length + [...text].length;
    copy[name] = text;
  }
  if (length <= MAX_LENGTH) return copy;
  const expected = `names and values of at most ${MAX_LENGTH} characters together`;
  throw optionError(option, labels, { expected, got: `${length}`, write: '{ trace_id: "…" }' });
}
