const NON_FINITE: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  '+Inf': Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
};

/** A number as the API spells it, in a string; undefined for anything else. */
export function parseNumber(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  const number = Number(text);
  // Number('') is 0.
  return Number.isFinite(number) && text.trim() !== '' ? number : NON_FINITE[text];
}
