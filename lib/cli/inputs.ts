import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { type Input, resolveInput } from '../reader/open-input.ts';
import { optionError } from '../util/option-error.ts';
import { isLikeUrl, shownArgument } from './command.ts';

/** @throws {TypeError} for another text than an http or https URL */
export function httpUrl(place: string, value: string): URL {
  if (/^https?:\/\//i.test(value) && URL.canParse(value)) return new URL(value);
  const fault = { expected: 'an http or https URL', write: '"http://127.0.0.1:3000/metrics"' };
  throw optionError(place, value, { ...fault, got: shownArgument(value) });
}

export const secondsSignal = (seconds: number): AbortSignal => AbortSignal.timeout(Math.ceil(seconds * 1000));

/**
 * Opens a URL, a file, or `-` for the standard input.
 *
 * @throws {Error} (rejects) that names the file
 */
export async function openArgument(caller: string, argument: string, timeout: number): Promise<Input> {
  if (/^https?:\/\//i.test(argument)) {
    return resolveInput(caller, httpUrl(caller, argument), { signal: secondsSignal(timeout) });
  }
  const content = argument === '-' ? await text(process.stdin) : await readText(caller, argument);
  // A text of one word is no document, which the parser says better.
  const { open } = resolveInput(caller, /\s$/.test(content) ? content : `${content}\n`, {});
  return { place: argument, open };
}

async function readText(caller: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // A URL that is mistyped is taken for a file.
    const reason = isLikeUrl(path) ? `${shownArgument(path)} is no file (${code})` : `${path}: ${message}`;
    throw new Error(`${caller}: ${reason}`, { cause: error });
  }
}
