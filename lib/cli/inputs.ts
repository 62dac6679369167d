import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { OpenedDocument } from '../reader/document-format.ts';
import { type Input, openBytes, resolveInput } from '../reader/open-input.ts';
import { optionError } from '../util/option-error.ts';
import { mayBeSecret, shownArgument } from './command.ts';

/** Argument that stands for the standard input. */
export const STDIN = '-';

/** Whether an argument is a URL and not a file. */
export const isUrlArgument = (argument: string): boolean => /^https?:\/\//i.test(argument);

/** @throws {TypeError} for another text than an http or https URL */
export function httpUrl(place: string, value: string): URL {
  if (isUrlArgument(value) && URL.canParse(value)) return new URL(value);
  const fault = { expected: 'an http or https URL', write: '"http://127.0.0.1:3000/metrics"' };
  throw optionError(place, value, { ...fault, got: shownArgument(value) });
}

/** Reason for which a document is given up that may have begun. */
export const timeoutError = (seconds: number): Error => new Error(`the document was not complete within ${seconds} s`);

/** Returns a signal for the time that a document may take. */
export function timeoutSignal(seconds: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(timeoutError(seconds)), seconds * 1000).unref();
  return controller.signal;
}

/**
 * Opens a URL, a file, or `-` for the standard input.
 *
 * @throws {Error} (rejects) that names the file
 */
export async function openArgument(caller: string, argument: string, timeout: number): Promise<Input> {
  if (isUrlArgument(argument)) {
    return resolveInput(caller, httpUrl(caller, argument), { signal: timeoutSignal(timeout) });
  }
  const opened = await openFile(caller, argument);
  return { place: argument, open: async () => opened };
}

/** Opens a file, or `-` for the standard input. @throws {Error} (rejects) that names the file */
export async function openFile(caller: string, path: string): Promise<OpenedDocument> {
  return openBytes(path === STDIN ? await buffer(process.stdin) : await readBytes(caller, path));
}

async function readBytes(caller: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = REASONS[String(code)]?.(path) ?? (mayBeSecret(path) ? String(code) : `${path}: ${message}`);
    throw new Error(`${caller}: ${reason}`, { cause: error });
  }
}

const REASONS: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: missingFile,
  EISDIR: (path) => `expected a file, got the directory ${shownArgument(path)}; write the path of a file in it`,
};

/** A host and a port, or one of this machine's addresses: the beginning of a URL without its scheme. */
const BEGINS_AS_HOST = /^(?:[\w.-]+:\d+|localhost|127\.[\d.]+)(?:\/|$)/;

/** Explains that there is no such file. A URL that is mistyped, or has no scheme, is taken for one. */
function missingFile(path: string): string {
  const url = !mayBeSecret(path) && BEGINS_AS_HOST.test(path) ? `http://${path}` : 'http://127.0.0.1:3000/metrics';
  return `expected a URL or a file that exists, got ${shownArgument(path)}; write a path, or a URL such as ${url}`;
}
