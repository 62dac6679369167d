import type { Sample } from '../model/metric-family.ts';
import type { ParsedSamples } from '../model/parser.ts';
import type { JsonInput } from './json-input.ts';
import { JsonSkip } from './json-skip.ts';
import type { JsonTokens } from './json-tokens.ts';
import type { SamplesReader } from './kumomta-samples.ts';

/** Maximum number of samples that are read at once. */
const BATCH_SIZE = 256;

/** Streams the samples of a family. They end when the next family is requested. */
export class SampleStream implements ParsedSamples {
  private readonly input: JsonInput;
  private readonly reader: SamplesReader;
  private hasStarted = false;
  private isComplete = false;
  private isEnded = false;
  private failure: { readonly error: unknown } | undefined;

  constructor(input: JsonInput, reader: SamplesReader) {
    this.input = input;
    this.reader = reader;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Sample, void> {
    for await (const batch of this.batches()) {
      for (const sample of batch) {
        if (this.isEnded) return;
        yield sample;
      }
    }
  }

  async *batches(): AsyncGenerator<readonly Sample[], void> {
    while (!this.isComplete && !this.isEnded) yield await this.readBatch();
  }

  /** Skips the samples that were not read. @throws the error that ended them, if any */
  async end(): Promise<void> {
    this.isEnded = true;
    if (this.failure !== undefined) throw this.failure.error;
    if (this.isComplete) return;
    await this.input.skip(new JsonSkip(this.reader.brackets, this.hasStarted ? 'further' : 'first'));
  }

  private async readBatch(): Promise<readonly Sample[]> {
    try {
      return await this.input.read((tokens) => this.parseBatch(tokens));
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }

  private parseBatch(tokens: JsonTokens): readonly Sample[] {
    const batch: Sample[] = [];
    try {
      while (batch.length < BATCH_SIZE) {
        const sample = this.reader.next(tokens, !this.hasStarted);
        if (sample === undefined) {
          this.isComplete = true;
          break;
        }
        this.hasStarted = true;
        batch.push(sample);
        tokens.commit();
      }
    } catch (error) {
      // Returns the complete samples first. The next call throws the same error again.
      if (batch.length === 0) throw error;
      tokens.rewind();
    }
    return batch;
  }
}
