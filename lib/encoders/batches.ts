import type { Sample } from '../model/metric-family.ts';

/** A family's samples, some at a time: one call for each sample, or one await, would cost more than writing it. */
export interface SampleBatches {
  /** Returns the next samples, which are valid until the next call; undefined after the last. */
  next(): readonly Sample[] | undefined | Promise<readonly Sample[] | undefined>;
  /** Closes the samples before their end. */
  close(): void;
}

/** Member of samples that can be read in batches, without an object for each sample. The samples are iterable as well. */
export const BATCHES = Symbol('batches');

/** Samples that can be read any number of times. */
export interface BatchedSamples extends Iterable<Sample> {
  /** Objects of a batch may be used again for the next one, except label sets. */
  [BATCHES](): SampleBatches;
}

export const BATCH_SIZE = 256;
