import { createHash } from 'node:crypto';

/** Maximum length of a text that is its own key. */
const MAX_LENGTH = 128;

/** A key for a map that is kept: the text, or its SHA-256 where that takes less memory. Texts must not look like one. */
export const shortKey = (text: string): string =>
  text.length > MAX_LENGTH ? createHash('sha256').update(text).digest('base64') : text;
