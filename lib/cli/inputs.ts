import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { type Input, openBytes, resolveInput } from '../reader/open-input.ts';
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
  const content = argument === '-' ? await buffer(process.stdin) : await readBytes(caller, argument);
  return { place: argument, open: async () => openBytes(content) };
}

async function readBytes(caller: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // A URL that is mistyped is taken for a file.
    const reason = isLikeUrl(path) ? `${shownArgument(path)} is no file (${code})` : `${path}: ${message}`;
    throw new Error(`${caller}: ${reason}`, { cause: error });
  }
}
