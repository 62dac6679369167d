/** Enough to recognise the text, too little to flood the log. */
const MAX_LENGTH = 64;
const ELLIPSIS = '...';

/**
 * Quotes text that a client or a source chose, for a line of the log: printable ASCII as it is, everything else escaped
 * as in JSON, and at most 64 characters between the quotes.
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

/** Whether what stands between the quotes is the text itself. */
export function isQuotedWhole(text: string): boolean {
  return quote(text) === `"${text}"`;
}

function escapeCodeUnit(unit: string): string {
  if (unit === '"' || unit === '\\') return `\\${unit}`;
  if (/^[ -~]$/.test(unit)) return unit;
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
