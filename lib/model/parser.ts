import type { MetricsError } from './errors.ts';
import type { MetricFamily, Sample } from './metric-family.ts';

/** Parses a document while it arrives. Yields families in its order, with samples that are read lazily. */
export type Parse = (bytes: AsyncIterable<Uint8Array>, context?: ParseContext) => AsyncIterable<ParsedFamily>;

/** A family of a document. Samples that were not read are skipped when the next family is requested. */
export interface ParsedFamily extends MetricFamily {
  readonly samples: ParsedSamples;
}

export interface ParsedSamples extends AsyncIterable<Sample> {
  /** Yields the same samples in batches, each with those that were parsed without waiting. */
  batches(): AsyncGenerator<readonly Sample[], void>;
}

/** Counts the contents of a document while it is parsed. An error that it throws ends the document. */
export interface DocumentMeter {
  /**
   * Adds `count` series whose labels have `labelLength` characters in the document. Each bucket and quantile is a
   * series. Skipped series are not counted.
   */
  addSeries(labelLength: number, count: number): void;
  /** Counts a family, whether it is read or skipped. */
  addFamily(): void;
}

/** What the parsing of one document depends on besides its bytes. */
export interface ParseContext extends DocumentMeter {
  /** Maximum size (bytes) of the text that is buffered to join families which come in several groups. */
  readonly maxJoinBytes: number;
  /** Whether the family will be read. */
  wants(familyName: string): boolean;
  /** Whether it is certain, after the last byte, that the document was not truncated. */
  isComplete(): boolean;
  /** Called for what did not conform to the format and was repaired without a loss. */
  onRepair(repair: Repair): void;
  /** Called when series of a family were dropped. */
  onDropped(error: MetricsError, familyName: string): void;
}

/** What was repaired in a document. */
export interface Repair {
  readonly family: string;
  readonly kind: 'metadata' | 'histogram' | 'untyped' | 'repeated';
  /** Where and what, as a sentence without a full stop. */
  readonly message: string;
}

/** Context of trusted documents, such as those in tests: everything is wanted, without limits. */
export const unlimited: ParseContext = {
  maxJoinBytes: 16 * 2 ** 20,
  addSeries: () => undefined,
  addFamily: () => undefined,
  wants: () => true,
  isComplete: () => false,
  onRepair: () => undefined,
  onDropped: () => undefined,
};
