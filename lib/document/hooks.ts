import { debuglog } from 'node:util';
import type { ScrapeFailure } from '../model/errors.ts';

export const debug = debuglog('express-metrics-json');

/** Calls a user's hook. Its errors, sync or async, are ignored. */
export function callHook<T>(hook: ((value: T) => unknown) | undefined, value: T): void {
  try {
    Promise.resolve(hook?.(value)).catch(() => undefined);
  } catch {
    // Errors of hooks are ignored.
  }
}

/** Creates a function that reports failures to the debug log and to the hook. */
export function createFailureReporter(onError: ((failure: ScrapeFailure) => void) | undefined) {
  return (failure: ScrapeFailure): void => {
    // Guarded as well: an error's custom inspect may throw.
    callHook(logFailure, failure);
    callHook(onError, failure);
  };
}

function logFailure({ phase, family, error }: ScrapeFailure): void {
  debug('%s%s failed: %o', phase, family === undefined ? '' : ` of ${family}`, error);
}
