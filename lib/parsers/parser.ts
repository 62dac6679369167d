import type { MetricFamily, Sample } from '../model/metric-family.ts';
import type { DocumentMeter } from './document-meter.ts';

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
