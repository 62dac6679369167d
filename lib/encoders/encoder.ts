import type { MetricsError } from '../model/errors.ts';
import type { MetricFamilies } from '../model/metrics-source.ts';

/** A format: turns families into the text of a document. */
export interface Encoder {
  readonly format: 'json' | 'prometheus-text' | 'openmetrics';
  readonly contentType: string;
  /**
   * Yields the document in chunks of 16 to 64 KiB, each a *byte string*: a string whose characters are
   * the bytes of the UTF-8 document, so that one label that is not ASCII does not make every string
   * two-byte. Gives the event loop back every few milliseconds.
   *
   * @throws {MetricsError} `ERR_METRICS_CUT_DOCUMENT` when a family fails after its first sample was pulled; what
   * the source itself throws is passed on
   */
  encode(families: MetricFamilies, options: EncodeOptions): AsyncGenerator<string, void>;
}

export interface EncodeOptions {
  /** Put in front of every family's name. */
  readonly prefix: string;
  readonly drops: DropReporter;
}

/** Who is told of what a source got wrong. Throwing from here fails the document. */
export interface DropReporter {
  /** A family was left out, whole. */
  family(error: unknown, name: string | undefined): void;
  /** A family was left out because its name is another one's. The error is built only if it is reported. */
  duplicateFamily(buildError: () => MetricsError, name: string): void;
  /** One sample, or one exemplar, of a family was left out. The error is built only if it is reported. */
  sample(buildError: () => unknown, name: string): void;
}
