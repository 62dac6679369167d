import type { MetricsError } from '../model/errors.ts';
import type { MetricFamily } from '../model/metric-family.ts';
import type { Steps } from '../util/steps.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are ASCII
const NOT_ASCII = /[^\x00-\x7f]/;

/** Encodes families as a document of one format. */
export interface Encoder {
  readonly format: 'json' | 'prometheus-text' | 'openmetrics';
  readonly contentType: string;
  /**
   * Yields the document in chunks of 32 to 64 KiB, each a *byte string*: a string whose characters are the bytes of
   * the UTF-8 document. A label that is not ASCII then does not make every string two-byte. Waits for a turn of the
   * event loop every few milliseconds.
   *
   * @throws {MetricsError} `ERR_METRICS_CUT_DOCUMENT` when a family fails after its first sample was pulled;
   * errors of the source itself are passed on
   */
  encode(families: Steps<MetricFamily>, options: EncodeOptions): Steps<string>;
}

export interface EncodeOptions {
  /** Prefix of every family's name. */
  readonly prefix: string;
  readonly drops: DropReporter;
}

/** Receives what is dropped because of a source's mistakes. An error that it throws fails the document. */
export interface DropReporter {
  /** Called when a whole family was dropped. */
  onFamilyDropped(error: unknown, name: string | undefined): void;
  /** Called when a family was dropped because its name is taken. The error is built only if it is reported. */
  onDuplicateFamily(buildError: () => MetricsError, name: string): void;
  /** Called when a sample or an exemplar was dropped. The error is built only if it is reported. */
  onSampleDropped(buildError: () => unknown, name: string): void;
}

/**
 * Returns the UTF-8 bytes of a string as a byte string. Lone surrogates become U+FFFD.
 * An ASCII string, by far the most common, is its own byte string.
 */
export function byteString(text: string): string {
  return NOT_ASCII.test(text) ? Buffer.from(text).toString('latin1') : text;
}
