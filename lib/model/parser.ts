import type { MetricFamily, Sample } from './metric-family.ts';

/** Parses a document while it arrives. Yields families in its order, with samples that are read lazily. */
export type Parse = (bytes: AsyncIterable<Uint8Array>, meter?: DocumentMeter) => AsyncIterable<ParsedFamily>;

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
}

/** Meter without limits, for trusted documents such as those in tests. */
export const unlimited: DocumentMeter = { addSeries: () => undefined };
