import { textNumberValue } from '../../parsers/text-number.ts';

/** A number as the API spells it, in a string; undefined for anything else. */
export function parseNumber(text: unknown): number | undefined {
  return typeof text === 'string' ? textNumberValue(text) : undefined;
}
