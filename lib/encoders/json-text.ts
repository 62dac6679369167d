import { byteString } from './byte-strings.ts';

/** What becomes of NaN and the infinities, which JSON does not have. */
export type NonFinite = 'null' | 'string' | 'omit';

/** The text of a number; undefined when it is omitted. */
export type NumberText = (value: number) => string | undefined;

/**
 * Writes a number as a float, in the shortest text that reads back as the same double: a consumer that infers its
 * schema from the first document then never takes a metric for an integer.
 */
export function createNumberText(nonFinite: NonFinite): NumberText {
  return (value) => {
    // Most counts are small integers; -0 is one too.
    if ((value | 0) === value) return SMALL[value] ?? `${value}.0`;
    if (Number.isFinite(value)) return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : `${value}`;
    if (nonFinite === 'omit') return undefined;
    if (nonFinite === 'null') return 'null';
    if (Number.isNaN(value)) return '"NaN"';
    return value === Number.POSITIVE_INFINITY ? '"+Inf"' : '"-Inf"';
  };
}

const SMALL = Array.from({ length: 4096 }, (_, value) => `${value}.0`);

/** A JSON string, as a byte string. */
export function jsonString(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  return byteString(JSON.stringify(text.toWellFormed()));
}

const PLAIN = /^[ !#-[\]-~]*$/;
