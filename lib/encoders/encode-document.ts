import { DuplicateNameError, MetricsError } from '../model/errors.ts';
import type { MetricFamily, Sample } from '../model/metric-family.ts';
import { yieldToEventLoop } from '../util/event-loop.ts';
import { isPromise, type Steps, waitFor } from '../util/steps.ts';
import type { SampleBatches } from './batches.ts';
import type { DropReporter } from './encoder.ts';
import type { DocumentFormat, FamilyPlan, FamilyProgress, SampleWriter } from './format.ts';
import { errorOf } from './invalid-sample.ts';
import type { Fit } from './taken-names.ts';
import { CHUNK_SIZE, UnsentText } from './unsent-text.ts';

/** Encodes families as a document, in chunks. */
export function* encodeDocument(
  format: DocumentFormat,
  families: Steps<MetricFamily>,
  drops: DropReporter,
): Steps<string> {
  const unsent = new UnsentText(format.begin);
  let isEmpty = true;
  for (const family of families) {
    if (family instanceof Promise) {
      yield family;
      continue;
    }
    const started = yield* startFamily(family, format, unsent, drops);
    if (started?.isPostponed) unsent.postpone(started.plan, family.name);
    else if (started !== undefined) {
      unsent.begin(started, family.name, isEmpty ? '' : format.separator);
      isEmpty = false;
      yield* encodeFamily(unsent, started.encoding, family.name);
    }
    const turn = yieldToEventLoop();
    if (turn !== undefined) yield turn;
  }
  yield* unsent.end(format, isEmpty);
}

interface StartedFamily {
  readonly plan: FamilyPlan;
  /** The family of which it is a part. */
  readonly whole?: FamilyPlan | undefined;
  readonly encoding: FamilyEncoding;
  readonly isPostponed: boolean;
}

/** Reads the first samples. A family that fails before that is dropped. */
function* startFamily(
  family: MetricFamily,
  format: DocumentFormat,
  unsent: UnsentText,
  drops: DropReporter,
): Steps<never, StartedFamily | undefined> {
  let name: string | undefined;
  let unused: FamilyEncoding | undefined;
  try {
    if (typeof family.name !== 'string')
      throw new MetricsError('ERR_METRICS_INVALID_FAMILY', 'a family without a name');
    name = family.name;
    let fit = fitOf(unsent, format.plan(family), name, drops);
    if (fit === undefined) return undefined;
    const start = fit.plan.start(family.samples);
    const { writer, batches, plan: other } = 'writer' in start ? start : yield* start;
    const encoding = new FamilyEncoding(name, writer, batches, drops);
    unused = encoding;
    if (other !== undefined) fit = fitOf(unsent, other, name, drops);
    if (fit === undefined) return undefined;
    const { plan, whole, rivals } = fit;
    const isForOthers = rivals.length > 0 || whole !== undefined;
    const pending = encoding.pull();
    if (pending !== undefined) yield* waitFor(pending);
    unused = undefined;
    if (encoding.isWithoutSamples && (plan.alternative !== undefined || isForOthers)) {
      encoding.encode();
      // No other family is rewritten for one that has no series.
      return isForOthers ? undefined : { plan, encoding, isPostponed: true };
    }
    unsent.take(fit, name);
    return { plan, whole, encoding, isPostponed: false };
  } catch (error) {
    drops.onFamilyDropped(error, name);
    return undefined;
  } finally {
    unused?.close();
  }
}

/** Returns how a family can be written. Without a way, it is dropped. */
function fitOf(unsent: UnsentText, plan: FamilyPlan, name: string, drops: DropReporter): Fit | undefined {
  const fit = unsent.fit(plan, name);
  if (typeof fit !== 'string') return fit;
  drops.onDuplicateFamily(() => new DuplicateNameError(fit), name);
  return undefined;
}

/** Adds a family's samples to the text. Yields chunks. */
function* encodeFamily(unsent: UnsentText, encoding: FamilyEncoding, name: string): Steps<string> {
  try {
    while (!encoding.isDone) {
      unsent.text += encoding.encode();
      if (unsent.isFull) yield* unsent.send();
      if (encoding.isDone) break;
      const pending = encoding.pull();
      if (pending !== undefined) yield* waitFor(pending);
      // There is a turn after the family.
      const turn = encoding.hasEnded ? undefined : yieldToEventLoop();
      if (turn !== undefined) yield turn;
    }
    unsent.endFamily();
  } catch (error) {
    throw new MetricsError('ERR_METRICS_CUT_DOCUMENT', `family "${name}" failed after its first sample`, {
      cause: error,
    });
  } finally {
    encoding.close();
  }
}

/** Encodes the samples of one family in one document. */
class FamilyEncoding implements FamilyProgress {
  position = 0;
  isEmpty = true;
  /** Whether the family is complete. */
  isDone = false;
  /** Whether all samples were read. */
  hasEnded = false;
  private readonly name: string;
  private readonly writer: SampleWriter;
  private readonly batches: SampleBatches;
  private readonly drops: DropReporter;
  private batch: readonly Sample[] | undefined;
  /** Samples of the batch that were encoded. */
  private encoded = 0;

  constructor(name: string, writer: SampleWriter, batches: SampleBatches, drops: DropReporter) {
    this.name = name;
    this.writer = writer;
    this.batches = batches;
    this.drops = drops;
  }

  /** Reads the next batch, unless there is one. Returns a promise if it has to be awaited. */
  pull(): Promise<void> | undefined {
    if (this.batch !== undefined || this.hasEnded) return undefined;
    const next = this.batches.next();
    if (isPromise(next)) return next.then((batch) => this.set(batch));
    this.set(next);
    return undefined;
  }

  private set(batch: readonly Sample[] | undefined): void {
    this.batch = batch;
    this.encoded = 0;
    this.hasEnded = batch === undefined;
  }

  /** Whether it is known to have no samples. */
  get isWithoutSamples(): boolean {
    return this.hasEnded && this.position === 0;
  }

  /** Returns the text of the batch or, if that is longer than a chunk, of its next samples. */
  encode(): string {
    const { writer, batch } = this;
    if (batch === undefined) return this.end();
    let text = '';
    while (this.encoded < batch.length) {
      const sampleText = this.encodeSample(batch[this.encoded++] as Sample);
      this.position++;
      if (sampleText === undefined) continue;
      text += this.isEmpty ? writer.open + sampleText.slice(writer.separator.length) : sampleText;
      this.isEmpty = false;
      if (text.length >= CHUNK_SIZE) return text;
    }
    this.batch = undefined;
    return text;
  }

  private encodeSample(sample: Sample): string | undefined {
    try {
      if (!sample.labels) throw new MetricsError('ERR_METRICS_INVALID_SAMPLE', 'it has no labels; write labels: {}');
      return this.writer.encode(sample, this);
    } catch (thrown) {
      this.onDropped(thrown);
      return undefined;
    }
  }

  onDropped(thrown: unknown): void {
    this.drops.onSampleDropped(() => errorOf(thrown), this.name);
  }

  private end(): string {
    const { writer } = this;
    this.isDone = true;
    writer.onEnd(this.position);
    return this.isEmpty ? writer.empty : (writer.finish?.(this) ?? '') + writer.close;
  }

  /** Closes the samples if the family is not complete. */
  close(): void {
    if (!this.hasEnded) this.batches.close();
  }
}
