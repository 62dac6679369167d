/**
 * The UTF-8 bytes of a text, as a string with one character for each. Lone surrogates become U+FFFD.
 * ASCII, nearly always the case, is its own byte string.
 */
export function byteString(text: string): string {
  return NOT_ASCII.test(text) ? Buffer.from(text).toString('latin1') : text;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are ASCII
const NOT_ASCII = /[^\x00-\x7f]/;
