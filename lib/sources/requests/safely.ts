const warned = new Set<string>();

/** Calls a function of an option. One that throws must not cost a response or the process: it is reported once. */
export function safely<T>(option: string, call: () => T, fallback: T): T {
  try {
    return call();
  } catch (error) {
    if (!warned.has(option)) {
      warned.add(option);
      process.emitWarning(`requestMetrics: ${option} threw ${error} (once per option)`, 'MetricsWarning');
    }
    return fallback;
  }
}
