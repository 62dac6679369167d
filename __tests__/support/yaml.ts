import { parseDocument } from 'yaml';

/** Parses YAML; what the parser only warns of is an error here. */
export function parseYaml<T>(text: string): T {
  const document = parseDocument(text, { strict: true });
  expect([...document.errors, ...document.warnings]).toEqual([]);
  return document.toJS();
}
