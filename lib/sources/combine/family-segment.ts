import { histogramOf, summaryOf } from '../../encoders/samples.ts';
import { isAsync, iteratorOf } from '../../model/iterables.ts';
import type {
  Exemplar,
  HistogramValue,
  LabelSet,
  MetricFamily,
  Sample,
  SummaryValue,
} from '../../model/metric-family.ts';
import { seriesFamilies } from '../../model/series-families.ts';
import type { NextFamily, SourceReader } from './source-reader.ts';

// Approximate sizes in V8 on a 64-bit machine. Shared objects (labels, bounds) count for each sample.
const FAMILY_BYTES = 256;
const SAMPLE_BYTES = 64;
const LABEL_BYTES = 48;
const NUMBER_BYTES = 8;

/** One source's samples of a family. They can be read ahead into memory before the family is written. */
export class FamilySegment {
  readonly reader: SourceReader;
  /** Undefined if the family cannot be read. */
  readonly name: string | undefined;
  readonly family: MetricFamily;
  /** Estimated size of what was read ahead. */
  bytes = 0;
  /** Whether all samples are in memory. */
  isBuffered = false;
  /** Whether a later family of the same source was written. */
  wasOvertaken = false;
  private readonly buffered: Sample[] = [];
  private rest: Iterator<Sample> | AsyncIterator<Sample> | undefined;
  private isClosed = false;

  constructor(reader: SourceReader, { name, family }: NextFamily) {
    this.reader = reader;
    this.name = name;
    this.family = family;
  }

  /** Whether it is known to have no samples. */
  get isEmpty(): boolean {
    const { samples } = this.family;
    if (this.rest === undefined) return Array.isArray(samples) && samples.length === 0;
    return this.isBuffered && this.buffered.length === 0;
  }

  /** Reads about `bytes` more. Throws what the samples throw. */
  async readAhead(bytes: number): Promise<void> {
    const end = this.bytes + bytes;
    if (this.rest === undefined) {
      this.rest = iteratorOf(this.family.samples);
      this.bytes += FAMILY_BYTES;
    }
    do {
      const { done, value } = await this.rest.next();
      if (done) {
        this.isBuffered = this.isClosed = true;
        return;
      }
      this.buffered.push(value);
      this.bytes += bytesOf(value);
    } while (this.bytes < end);
  }

  /** Returns the series of a histogram or summary that is buffered, as a segment for each name. */
  split(): FamilySegment[] {
    const families = seriesFamilies(
      this.family,
      this.buffered,
      this.family.type === 'histogram' ? histogramOf : summaryOf,
    );
    return families.map((family) => {
      const segment = new FamilySegment(this.reader, { name: family.name, family });
      segment.isBuffered = true;
      segment.bytes = this.bytes / families.length;
      return segment;
    });
  }

  /** Returns the buffered samples followed by the rest. Can be called once. */
  takeSamples(): MetricFamily['samples'] {
    const { rest, family } = this;
    if (rest === undefined || Array.isArray(family.samples)) return family.samples;
    if (this.isBuffered) return this.buffered;
    return isAsync(family.samples)
      ? this.remainingAsync(rest as AsyncIterator<Sample>)
      : this.remaining(rest as Iterator<Sample>);
  }

  /** Closes samples that were not read to their end. Errors are ignored: the samples are not needed any more. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    try {
      await this.rest?.return?.();
    } catch {
      // Ignored, see above.
    }
  }

  private *remaining(rest: Iterator<Sample>): Generator<Sample, void> {
    try {
      yield* this.buffered;
      for (let next = rest.next(); !next.done; next = rest.next()) yield next.value;
      this.isClosed = true;
    } finally {
      void this.close();
    }
  }

  private async *remainingAsync(rest: AsyncIterator<Sample>): AsyncGenerator<Sample, void> {
    try {
      yield* this.buffered;
      for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
      this.isClosed = true;
    } finally {
      await this.close();
    }
  }
}

/** Accepts any value: the encoder refuses those that are not samples, or whose members throw. */
function bytesOf(sample: Sample): number {
  try {
    return estimateBytes(sample);
  } catch {
    return SAMPLE_BYTES;
  }
}

function estimateBytes(sample: Sample): number {
  const { labels, value, exemplar } = Object(sample) as Sample;
  const bytes = SAMPLE_BYTES + labelBytes(labels) + exemplarBytes(exemplar);
  if (typeof value === 'number') return bytes;
  const { bounds, exemplars, quantiles } = Object(value) as Partial<HistogramValue & SummaryValue>;
  const pairs = lengthOf(bounds) + lengthOf(quantiles);
  const exemplarsBytes = lengthOf(exemplars) > 0 ? exemplars?.reduce((sum, one) => sum + exemplarBytes(one), 0) : 0;
  return bytes + SAMPLE_BYTES + 2 * NUMBER_BYTES * pairs + (exemplarsBytes ?? 0);
}

const lengthOf = (list: readonly unknown[] | undefined) => (Array.isArray(list) ? list.length : 0);

function labelBytes(labels: LabelSet | undefined): number {
  let bytes = 0;
  for (const name in labels) {
    const value: unknown = labels[name];
    bytes += LABEL_BYTES + (typeof value === 'string' ? value.length : 0);
  }
  return bytes;
}

const exemplarBytes = (exemplar: Exemplar | undefined) =>
  exemplar === undefined ? 0 : SAMPLE_BYTES + labelBytes(exemplar.labels);
