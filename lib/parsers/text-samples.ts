import type { Sample } from '../model/metric-family.ts';
import type { ParseContext, ParsedSamples } from '../model/parser.ts';
import { yieldToEventLoop } from '../util/event-loop.ts';
import { FamilyLines, type FamilyText } from './family-text.ts';
import type { FamilyLabels } from './label-set-cache.ts';
import type { TextDocument } from './text-document.ts';
import type { SeriesReader } from './text-series.ts';

/** Maximum number of samples that are passed on at once. */
const BATCH_SIZE = 256;
const NO_LINES = new FamilyLines([]);

/** What the samples of all families of a document are read with. */
export interface SamplesContext {
  readonly document: TextDocument;
  readonly series: SeriesReader;
  readonly context: ParseContext;
  /** Called when the series of a family are read from now on. */
  onStart(lines: FamilyLines): void;
  /** Counts the series that were read. @throws beyond a limit */
  countSeries(): void;
  /** Called when what was read since then will be read again. */
  onDiscard(): void;
}

/** Samples of one family. They are read as they are taken. */
export abstract class TextSamples implements ParsedSamples {
  protected readonly family: FamilyText;
  protected readonly labels: FamilyLabels;
  protected readonly shared: SamplesContext;
  /** Whether the family is larger than the buffer. */
  readonly isStreamed: boolean;
  protected lines = NO_LINES;
  private failure: { readonly error: unknown } | undefined;

  constructor(family: FamilyText, labels: FamilyLabels, shared: SamplesContext) {
    this.family = family;
    this.labels = labels;
    this.shared = shared;
    this.isStreamed = shared.document.isOpen(family);
  }

  /** Reads a line, and appends the samples that are complete. */
  protected abstract read(line: string, samples: Sample[]): void;
  /** Returns the samples that are left after the last line. */
  protected abstract finish(): readonly Sample[];

  async *[Symbol.asyncIterator](): AsyncGenerator<Sample, void> {
    for await (const batch of this.batches()) yield* batch;
  }

  async *batches(): AsyncGenerator<readonly Sample[], void> {
    const lines = this.start();
    do {
      for (let hasMore = true; hasMore; ) {
        const batch: Sample[] = [];
        hasMore = this.readBatch(lines, batch);
        if (batch.length > 0) yield batch;
        // An error comes after the samples before it.
        this.throwIfFailed();
        const turn = yieldToEventLoop();
        if (turn !== undefined) await turn;
      }
    } while (this.isStreamed && (await this.continue(lines)));
    const rest = this.finish();
    if (rest.length > 0) yield rest;
  }

  /** @throws the error with which the samples failed, since nothing can follow it */
  throwIfFailed(): void {
    if (this.failure !== undefined) throw this.failure.error;
  }

  protected start(): FamilyLines {
    const lines = new FamilyLines(this.family.peek());
    this.lines = lines;
    this.shared.onStart(lines);
    return lines;
  }

  /** Waits for more lines of a family that is larger than the buffer. */
  private async continue(lines: FamilyLines): Promise<boolean> {
    const { family } = this;
    const { document } = this.shared;
    document.release(family);
    if (!(await document.readMore(family))) return false;
    lines.continueWith(family.peek());
    return true;
  }

  /** Reads a batch. Returns false when no lines are left. */
  private readBatch(lines: FamilyLines, batch: Sample[]): boolean {
    try {
      while (batch.length < BATCH_SIZE) {
        const line = lines.next();
        if (line === undefined) {
          this.shared.countSeries();
          return false;
        }
        this.read(line, batch);
      }
      this.shared.countSeries();
    } catch (error) {
      this.failure = { error };
    }
    return true;
  }
}

/** Samples that were read. */
export class ReadSamples implements ParsedSamples {
  private readonly samples: readonly Sample[];

  constructor(samples: readonly Sample[]) {
    this.samples = samples;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Sample, void> {
    yield* this.samples;
  }

  async *batches(): AsyncGenerator<readonly Sample[], void> {
    const { samples } = this;
    for (let at = 0; at < samples.length; at += BATCH_SIZE) yield samples.slice(at, at + BATCH_SIZE);
  }
}
