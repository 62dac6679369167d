import { MetricsError } from '../model/errors.ts';

/**
 * Reason why a sample cannot be written, thrown by the encoders. It is no `Error`, because capturing a stack takes
 * longer than writing a sample, and most of many invalid samples are only counted.
 */
export class InvalidSample {
  private readonly describe: () => string;

  constructor(describe: () => string) {
    this.describe = describe;
  }

  toError(): MetricsError {
    return new MetricsError('ERR_METRICS_INVALID_SAMPLE', this.describe());
  }
}

/** Returns the error to report for what was thrown. */
export const errorOf = (thrown: unknown) => (thrown instanceof InvalidSample ? thrown.toError() : thrown);
