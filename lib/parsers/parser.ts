import type { MetricFamily, Sample } from '../metric-family.ts';

/** Reads a document as it comes in: families in its order, each with its samples lazily. */
export type Parse = (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<ParsedFamily>;

/** What is not read of its samples is skipped as soon as the next family is asked for. */
export interface ParsedFamily extends MetricFamily {
  readonly samples: AsyncIterable<Sample>;
}
