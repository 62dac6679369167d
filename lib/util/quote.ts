/** Maximum length between the quotes, so that the text cannot flood the log. */
const MAX_LENGTH = 64;
const ELLIPSIS = '...';

/**
 * Quotes text from a client or a source for the log. Printable ASCII stays as it is; everything else is escaped as in
 * JSON. Longer text is cut to 64 characters between the quotes.
 */
export function quote(text: string): string {
  const pieces = text
    .slice(0, MAX_LENGTH + 1)
    .split('')
    .map(escapeCodeUnit);
  let length = pieces.join('').length;
  if (length <= MAX_LENGTH) return `"${pieces.join('')}"`;
  while (length > MAX_LENGTH - ELLIPSIS.length) length -= (pieces.pop() as string).length;
  return `"${pieces.join('')}${ELLIPSIS}"`;
}

/** Whether `quote` neither escapes nor cuts the text. */
export function isQuotedWhole(text: string): boolean {
  return quote(text) === `"${text}"`;
}

function escapeCodeUnit(unit: string): string {
  if (unit === '"' || unit === '\\') return `\\${unit}`;
  if (/^[ -~]$/.test(unit)) return unit;
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
