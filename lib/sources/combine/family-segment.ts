import { isAsync, iteratorOf } from '../../model/iterables.ts';
import type {
  Exemplar,
  HistogramValue,
  LabelSet,
  MetricFamily,
  Sample,
  SummaryValue,
} from '../../model/metric-family.ts';
import type { NextFamily, SourceReader } from './source-reader.ts';

/** What one source has of a family. It can be read ahead, into memory, before it is known when it will be written. */
export class FamilySegment {
  readonly reader: SourceReader;
  /** None where the family cannot be read. */
  readonly name: string | undefined;
  readonly family: MetricFamily;
  /** Of what was read ahead, as estimated. */
  bytes = 0;
  /** Is all of it in memory? */
  isBuffered = false;
  /** Was a family written that stands behind it in its source's order? */
  wasOvertaken = false;
  private readonly buffered: Sample[] = [];
  private rest: Iterator<Sample> | AsyncIterator<Sample> | undefined;
  private isClosed = false;

  constructor(reader: SourceReader, { name, family }: NextFamily) {
    this.reader = reader;
    this.name = name;
    this.family = family;
  }

  /** Reads on for about so many bytes. Throws what the samples throw. */
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

  /** What was read ahead, and the rest. To be taken once. */
  takeSamples(): MetricFamily['samples'] {
    const { rest, family } = this;
    if (rest === undefined || Array.isArray(family.samples)) return family.samples;
    if (this.isBuffered) return this.buffered;
    return isAsync(family.samples)
      ? this.remainingAsync(rest as AsyncIterator<Sample>)
      : this.remaining(rest as Iterator<Sample>);
  }

  /** Closes samples that were not read to their end. What they say of it helps nobody. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    try {
      await this.rest?.return?.();
    } catch {
      // As said.
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

// What V8 needs on a 64-bit machine, roughly: what is shared between samples (label objects, bounds) counts for each.
const FAMILY_BYTES = 256;
const SAMPLE_BYTES = 64;
const LABEL_BYTES = 48;
const NUMBER_BYTES = 8;

/** Of anything: what is no sample is for the encoder to refuse. */
function bytesOf(sample: Sample): number {
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
