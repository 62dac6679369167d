import { isPromise } from '../../util/steps.ts';

const reported = new Set<string>();

/** Reports what a part of the measurement has thrown, once for each part. */
export const reportOnce = (part: string, error: unknown) => warnOnce(`${part} threw`, String(error));

/**
 * Calls a function of an option. One that throws must not cost a response or the process: it is reported. So is one that
 * returns a promise, as the request is counted at once.
 */
export function safely<T>(option: string, call: () => T, fallback: T): T {
  try {
    const value = call();
    if (!isPromise(value)) return value;
    // Its rejection would end the process.
    value.then(undefined, () => undefined);
    warnOnce(`${option} returned`, 'a promise, which is ignored; return the value itself');
  } catch (error) {
    reportOnce(option, error);
  }
  return fallback;
}

function warnOnce(event: string, detail: string): void {
  if (reported.has(event)) return;
  reported.add(event);
  process.emitWarning(`requestMetrics: ${event} ${detail} (reported once)`, 'MetricsWarning');
}
