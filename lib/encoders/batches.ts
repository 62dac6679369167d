import { MetricsError } from '../model/errors.ts';
import type { MetricFamily, Sample } from '../model/metric-family.ts';

/** A family's samples in batches, so that the loop over them does not await each one. */
export type Batches = Generator<readonly Sample[]> | AsyncGenerator<readonly Sample[]>;

export const BATCH_SIZE = 256;

/** The first batch is a single sample, so that a family that fails at once is dropped before any of it is written. */
export function createBatches(samples: MetricFamily['samples']): Batches {
  if (Array.isArray(samples)) return arrayBatches(samples);
  if (Symbol.asyncIterator in Object(samples)) return asyncBatches(samples as AsyncIterable<Sample>);
  if (Symbol.iterator in Object(samples)) return iterableBatches(samples as Iterable<Sample>);
  throw new MetricsError(
    'ERR_METRICS_INVALID_FAMILY',
    `its samples are ${samples}; write an array or another iterable`,
  );
}

function* arrayBatches(samples: readonly Sample[]): Generator<readonly Sample[]> {
  yield samples.slice(0, 1);
  for (let i = 1; i < samples.length; i += BATCH_SIZE) yield samples.slice(i, i + BATCH_SIZE);
}

function* iterableBatches(samples: Iterable<Sample>): Generator<readonly Sample[]> {
  let batch: Sample[] = [];
  let size = 1;
  for (const sample of samples) {
    batch.push(sample);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
    size = BATCH_SIZE;
  }
  yield batch;
}

async function* asyncBatches(samples: AsyncIterable<Sample>): AsyncGenerator<readonly Sample[]> {
  let batch: Sample[] = [];
  let size = 1;
  for await (const sample of samples) {
    batch.push(sample);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
    size = BATCH_SIZE;
  }
  yield batch;
}
