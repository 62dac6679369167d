import { createHash } from 'node:crypto';

/** Maximum length of a string that is its own key. */
const MAX_LENGTH = 128;

/**
 * Returns a key for a long-lived map: the string or, if that is long, its SHA-256. Short strings must not look like a
 * hash.
 */
export const shortKey = (text: string): string =>
  text.length > MAX_LENGTH ? createHash('sha256').update(text).digest('base64') : text;
