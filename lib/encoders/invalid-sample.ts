import { MetricsError } from '../model/errors.ts';

/**
 * Thrown by the encoders for a sample that cannot be written. Not an `Error`: to capture a stack costs more than to
 * write a sample, and when many are invalid, most of them are only counted.
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

/** The error that is reported for what was thrown. */
export const errorOf = (thrown: unknown) => (thrown instanceof InvalidSample ? thrown.toError() : thrown);
