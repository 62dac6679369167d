const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

/** Number of decimal digits that a double always represents exactly. */
const MAX_EXACT_DIGITS = 15;
const POWERS_OF_TEN = Array.from({ length: MAX_EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);
const ZERO = 48;
const MINUS = 45;
const POINT = 46;

/**
 * Parses a number of either format. Accepts what Prometheus does: Go's `ParseFloat` without hexadecimal and `_`.
 * Returns undefined for anything else, and for a number beyond the range of a double, which would become infinite.
 */
export function textNumberValue(text: string): number | undefined {
  const plain = plainNumber(text, 0);
  if (plain !== undefined) return plain;
  if (DECIMAL.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  if (/^nan$/i.test(text)) return Number.NaN;
  const [, sign] = INFINITE.exec(text) ?? [];
  if (sign === undefined) return undefined;
  return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/**
 * Parses a short decimal number without an exponent from a position to the end of a text: the fast path for most
 * numbers. Returns undefined for any other text. The quotient of two numbers that doubles represent exactly is the
 * double that is nearest to the decimal number.
 */
export function plainNumber(text: string, start: number): number | undefined {
  const isNegative = text.charCodeAt(start) === MINUS;
  const first = isNegative ? start + 1 : start;
  if (text.length - first > MAX_EXACT_DIGITS + 1) return undefined;
  let digits = 0;
  let point = -1;
  for (let at = first; at < text.length; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit >= 0 && digit <= 9) digits = digits * 10 + digit;
    else if (digit === POINT - ZERO && point === -1) point = at;
    else return undefined;
  }
  const length = text.length - first - (point === -1 ? 0 : 1);
  if (length <= 0 || length > MAX_EXACT_DIGITS) return undefined;
  const value = point === -1 ? digits : digits / (POWERS_OF_TEN[text.length - 1 - point] as number);
  return isNegative ? -value : value;
}
