import type { Sample } from '../model/metric-family.ts';
import type { ParsedSamples } from '../model/parser.ts';
import { yieldToEventLoop } from '../util/event-loop.ts';
import type { JsonInput } from './json-input.ts';
import { JsonSkip } from './json-skip.ts';
import type { JsonTokens } from './json-tokens.ts';
import type { FamilyFaults } from './kumomta-faults.ts';
import type { SamplesReader } from './kumomta-samples.ts';

/** Maximum number of samples that are read at once. */
const BATCH_SIZE = 256;

/**
 * Streams the samples of a family. They end when the next family is requested. One that cannot be read, or whose label
 * set came before, is dropped and added to the faults.
 */
export class SampleStream implements ParsedSamples {
  private readonly input: JsonInput;
  private readonly reader: SamplesReader;
  private readonly faults: FamilyFaults;
  private hasStarted = false;
  private isComplete = false;
  private isEnded = false;
  private failure: { readonly error: unknown } | undefined;

  constructor(input: JsonInput, reader: SamplesReader, faults: FamilyFaults) {
    this.input = input;
    this.reader = reader;
    this.faults = faults;
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
    while (!this.isComplete && !this.isEnded) {
      const batch = await this.readBatch();
      if (batch !== undefined) yield batch;
      const turn = yieldToEventLoop();
      if (turn !== undefined) await turn;
    }
  }

  /** Skips the samples that were not read. @throws the error that ended them, if any */
  async end(): Promise<void> {
    this.isEnded = true;
    if (this.failure !== undefined) throw this.failure.error;
    if (this.isComplete) return;
    await this.input.skip(new JsonSkip(this.reader.brackets, this.nextElement));
  }

  private get nextElement() {
    return this.hasStarted ? 'further' : 'first';
  }

  /** Reads samples. Returns undefined if the next one was skipped instead. */
  private async readBatch(): Promise<readonly Sample[] | undefined> {
    try {
      return await this.input.readOrSkip(
        (tokens) => this.parseBatch(tokens),
        (reason) => this.faults.dropUnreadable(reason),
        () => this.skipSample(),
      );
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }

  private async skipSample(): Promise<void> {
    const hasMore = await this.input.skipElement(this.reader.brackets, this.nextElement);
    this.hasStarted = true;
    if (!hasMore) this.onComplete();
  }

  private onComplete(): void {
    this.isComplete = true;
    this.faults.repeated = this.reader.labelSets?.finish() ?? 0;
  }

  private parseBatch(tokens: JsonTokens): readonly Sample[] {
    const batch: Sample[] = [];
    const { labelSets } = this.reader;
    try {
      while (batch.length < BATCH_SIZE) {
        const sample = this.reader.next(tokens, !this.hasStarted);
        if (sample === undefined) {
          this.onComplete();
          break;
        }
        this.hasStarted = true;
        if (labelSets === undefined || labelSets.advance(sample)) batch.push(sample);
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
