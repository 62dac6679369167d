import { byteString } from './byte-strings.ts';

/** What becomes of NaN and the infinities, which JSON does not have. */
export type NonFinite = 'null' | 'string' | 'omit';

/**
 * A number as a float, the shortest text that reads back as the same double: a consumer that infers its
 * schema from the first document never takes a metric for an integer. Undefined when it is omitted.
 */
export function numberText(value: number, nonFinite: NonFinite): string | undefined {
  if (Number.isFinite(value)) {
    return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : `${value}`;
  }
  if (nonFinite === 'omit') return undefined;
  if (nonFinite === 'null') return 'null';
  if (Number.isNaN(value)) return '"NaN"';
  return value > 0 ? '"+Inf"' : '"-Inf"';
}

/** A JSON string, as a byte string. */
export function jsonString(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  return byteString(JSON.stringify(text.toWellFormed()));
}

const PLAIN = /^[ !#-[\]-~]*$/;
