const reported = new Set<string>();

/** Reports what a part of the measurement has thrown, once for each part. */
export function reportOnce(part: string, error: unknown): void {
  if (reported.has(part)) return;
  reported.add(part);
  process.emitWarning(`requestMetrics: ${part} threw ${String(error)} (reported once)`, 'MetricsWarning');
}

/** Calls a function of an option. One that throws must not cost a response or the process: it is reported. */
export function safely<T>(option: string, call: () => T, fallback: T): T {
  try {
    return call();
  } catch (error) {
    reportOnce(option, error);
    return fallback;
  }
}
