import { optionError } from '../util/option-error.ts';
import { isPromise } from '../util/steps.ts';
import type { MetricsDocument } from './document.ts';

/** @throws {TypeError} for a value that is not a document, such as the promise of one */
export function checkDocument(
  caller: string,
  name: string,
  value: unknown,
  from = 'readMetrics(url)',
): MetricsDocument {
  const families = typeof value === 'object' && value !== null ? Object.values(value) : [undefined];
  if (!isPromise(value) && families.every((family) => Array.isArray(family?.samples))) return value as MetricsDocument;
  const write = `await ${from}${isPromise(value) ? ': the await is missing' : ''}`;
  throw optionError(`${caller}: ${name}`, value, { expected: 'a document', write });
}
