/** Maximum length of the end of a name that is always shown. */
const MAX_END = 12;

/** Length up to which a name is not split. */
const MAX_WHOLE = 16;

/**
 * Splits a name into a beginning, whose last characters are left out where there is no room for them, and an end, which
 * is always shown. The end is the part that often tells names apart, such as `_seconds` and `_bytes`.
 */
export function splitName(name: string): readonly [start: string, end: string] {
  if (name.length <= MAX_WHOLE) return [name, ''];
  const from = name.length - MAX_END;
  const separator = name.slice(from).search(/[_:./-]/);
  const at = from + Math.max(0, separator);
  // Both halves of a character stay together.
  const cut = /[\udc00-\udfff]/.test(name[at]!) ? at - 1 : at;
  return [name.slice(0, cut), name.slice(cut)];
}
