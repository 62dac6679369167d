import { debuglog } from 'node:util';
import type { ScrapeFailure } from '../model/errors.ts';

export const debug = debuglog('express-metrics-json');

/** A hook is a guest: what it throws, or rejects with, is its own business. */
export function callHook<T>(hook: ((value: T) => unknown) | undefined, value: T): void {
  try {
    Promise.resolve(hook?.(value)).catch(() => undefined);
  } catch {
    // Ignored, as promised.
  }
}

/** Tells of everything that was lost: the debug log, and the hook. */
export function createFailureReporter(onError: ((failure: ScrapeFailure) => void) | undefined) {
  return (failure: ScrapeFailure): void => {
    // As careful as with a hook: an error may bring its own way to be shown.
    callHook(logFailure, failure);
    callHook(onError, failure);
  };
}

function logFailure({ phase, family, error }: ScrapeFailure): void {
  debug('%s%s failed: %o', phase, family === undefined ? '' : ` of ${family}`, error);
}
