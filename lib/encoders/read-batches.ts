import { MetricsError } from '../model/errors.ts';
import { isAsync } from '../model/iterables.ts';
import type { MetricFamily, Sample } from '../model/metric-family.ts';
import { closeIterator } from '../util/abortable.ts';
import { BATCH_SIZE, BATCHES, type BatchedSamples, type SampleBatches } from './batches.ts';
import { readColumns } from './column-batches.ts';
import { COLUMNS, type ColumnarSamples } from './columns.ts';

/**
 * Starts to read samples. The first batch of an iterable is a single sample, so that a family that fails at once is
 * dropped before any of it is written.
 */
export function readBatches(samples: MetricFamily['samples']): SampleBatches {
  if (Array.isArray(samples)) return new ArrayBatches(samples);
  checkSamples(samples);
  if (COLUMNS in samples) return readColumns((samples as ColumnarSamples)[COLUMNS]);
  if (BATCHES in samples) return (samples as BatchedSamples)[BATCHES]();
  return isAsync(samples) ? new AsyncBatches(samples) : new IterableBatches(samples);
}

/** @throws {MetricsError} when a family's samples cannot be iterated */
export function checkSamples(samples: MetricFamily['samples']): void {
  const isObject = typeof samples === 'object' || typeof samples === 'function';
  if (isObject && (isAsync(samples) || Symbol.iterator in Object(samples))) return;
  throw new MetricsError(
    'ERR_METRICS_INVALID_FAMILY',
    `its samples are ${String(samples)}; write an array or another iterable`,
  );
}

/** The batches for a consumer that awaits each one anyway. */
export async function* eachBatch(samples: MetricFamily['samples']): AsyncGenerator<readonly Sample[], void> {
  const batches = readBatches(samples);
  let isDone = false;
  try {
    for (let batch = await batches.next(); batch !== undefined; batch = await batches.next()) yield batch;
    isDone = true;
  } finally {
    if (!isDone) batches.close();
  }
}

/** Returns batches that were read already, and then the rest. */
export function concatBatches(first: readonly Sample[], rest: SampleBatches): SampleBatches {
  const read = new ArrayBatches(first);
  return { next: () => read.next() ?? rest.next(), close: () => rest.close() };
}

class ArrayBatches implements SampleBatches {
  private readonly samples: readonly Sample[];
  private position = 0;

  constructor(samples: readonly Sample[]) {
    this.samples = samples;
  }

  next(): readonly Sample[] | undefined {
    const { samples, position } = this;
    if (position >= samples.length) return undefined;
    this.position += BATCH_SIZE;
    return position === 0 && samples.length <= BATCH_SIZE ? samples : samples.slice(position, this.position);
  }

  close(): void {
    this.position = Number.POSITIVE_INFINITY;
  }
}

class IterableBatches implements SampleBatches {
  private readonly iterator: Iterator<Sample>;
  private size = 1;
  private isDone = false;

  constructor(samples: Iterable<Sample>) {
    this.iterator = samples[Symbol.iterator]();
  }

  next(): readonly Sample[] | undefined {
    if (this.isDone) return undefined;
    const batch: Sample[] = [];
    // An iterator that throws is done, and must not be closed.
    this.isDone = true;
    for (;;) {
      const { done, value } = this.iterator.next();
      if (done) return batch.length === 0 ? undefined : batch;
      batch.push(value);
      if (batch.length === this.size) break;
    }
    this.isDone = false;
    this.size = BATCH_SIZE;
    return batch;
  }

  close(): void {
    if (this.isDone) return;
    this.isDone = true;
    this.iterator.return?.();
  }
}

class AsyncBatches implements SampleBatches {
  private readonly iterator: AsyncIterator<Sample>;
  private size = 1;
  private isDone = false;
  private pending: Promise<unknown> | undefined;

  constructor(samples: AsyncIterable<Sample>) {
    this.iterator = samples[Symbol.asyncIterator]();
  }

  next(): Promise<readonly Sample[] | undefined> | undefined {
    if (this.isDone) return undefined;
    const batch = this.read();
    this.pending = batch;
    return batch;
  }

  private async read(): Promise<readonly Sample[] | undefined> {
    const batch: Sample[] = [];
    try {
      for (;;) {
        const { done, value } = await this.iterator.next();
        if (done) break;
        batch.push(value);
        if (batch.length < this.size) continue;
        this.size = BATCH_SIZE;
        return batch;
      }
    } catch (error) {
      this.isDone = true;
      throw error;
    } finally {
      this.pending = undefined;
    }
    this.isDone = true;
    return batch.length === 0 ? undefined : batch;
  }

  /** Does not wait for a pending item, which may never come: the iterator is closed after it. */
  close(): void {
    if (this.isDone) return;
    const end = () => {
      if (!this.isDone) closeIterator(this.iterator);
      this.isDone = true;
    };
    if (this.pending === undefined) end();
    else this.pending.then(end, end);
  }
}
