import type { MetricFamily, Sample } from '../model/metric-family.ts';
import type { DocumentMeter } from './document-meter.ts';

/** Reads a document as it comes in: families in its order, each with its samples lazily. */
export type Parse = (bytes: AsyncIterable<Uint8Array>, meter?: DocumentMeter) => AsyncIterable<ParsedFamily>;

/** What is not read of its samples is skipped as soon as the next family is asked for. */
export interface ParsedFamily extends MetricFamily {
  readonly samples: ParsedSamples;
}

export interface ParsedSamples extends AsyncIterable<Sample> {
  /** The same samples, as many at once as were parsed without a wait. */
  batches(): AsyncGenerator<readonly Sample[], void>;
}
