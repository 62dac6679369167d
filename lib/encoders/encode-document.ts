import { MetricsError } from '../model/errors.ts';
import type { MetricFamily, Sample } from '../model/metric-family.ts';
import { yieldToEventLoop } from '../util/event-loop.ts';
import { isPromise, type Steps, waitFor } from '../util/steps.ts';
import type { SampleBatches } from './batches.ts';
import type { DropReporter } from './encoder.ts';
import type { DocumentFormat, FamilyPlan, FamilyProgress, SampleWriter } from './format.ts';
import { errorOf } from './invalid-sample.ts';

/** Minimum length of a chunk except the last. A chunk is less than twice as long plus a sample. */
export const CHUNK_SIZE = 32 * 1024;

/** Encodes families as a document, in chunks. */
export function* encodeDocument(
  format: DocumentFormat,
  families: Steps<MetricFamily>,
  drops: DropReporter,
): Steps<string> {
  const names = new TakenNames();
  const postponed: Postponed[] = [];
  let text = format.begin;
  let isEmpty = true;
  for (const family of families) {
    if (family instanceof Promise) {
      yield family;
      continue;
    }
    const started = yield* startFamily(family, format, names, drops);
    if (started?.isPostponed) postponed.push({ plan: started.plan, name: family.name, at: text.length });
    else if (started !== undefined) {
      text += (isEmpty ? '' : format.separator) + started.plan.head;
      isEmpty = false;
      text = yield* encodeFamily(text, started.encoding, family.name);
      if (started.encoding.isSplit) for (const header of postponed) header.at = text.length;
    }
    const turn = yieldToEventLoop();
    if (turn !== undefined) yield turn;
  }
  yield withPostponed(text, postponed, names) + format.end(isEmpty && postponed.length === 0);
}

/** A family without samples. Its names may be those of a family that has some, so it is written when all are known. */
interface Postponed {
  readonly plan: FamilyPlan;
  readonly name: string;
  /** Position in the text that is not sent yet. */
  at: number;
}

function withPostponed(text: string, postponed: readonly Postponed[], names: TakenNames): string {
  let start = 0;
  let whole = '';
  for (const { plan, name, at } of postponed) {
    whole += text.slice(start, at) + headOf(plan, name, names);
    start = at;
  }
  return whole + text.slice(start);
}

/** Returns the head of a family without samples, if no other family has its names. */
function headOf(plan: FamilyPlan, name: string, names: TakenNames): string {
  const fitting = names.fit(plan, name);
  if (typeof fitting === 'string') return '';
  names.take(fitting, name);
  return fitting.head;
}

interface StartedFamily {
  readonly plan: FamilyPlan;
  readonly encoding: FamilyEncoding;
  readonly isPostponed: boolean;
}

/** The names of the families in one document. */
class TakenNames {
  private readonly owners = new Map<string, FamilyPlan>();
  private readonly families = new Set<string>();

  /** Returns the plan with which a family can be written, or the name that is taken. */
  fit(plan: FamilyPlan, family: string): FamilyPlan | string {
    const taken = plan.names.find((name) => this.owners.has(name));
    if (taken === undefined) return plan;
    if (this.families.has(family)) return taken;
    const alternative = plan.alternative?.();
    if (alternative?.names.every((name) => !this.owners.has(name))) return alternative;
    // In the next document, the owner leaves the name to this family.
    this.owners.get(taken)?.alternative?.();
    return taken;
  }

  /** Takes the names of a plan that fits. */
  take(plan: FamilyPlan, family: string): void {
    for (const name of plan.names) this.owners.set(name, plan);
    this.families.add(family);
  }
}

/** Reads the first samples. A family that fails before that is dropped. */
function* startFamily(
  family: MetricFamily,
  format: DocumentFormat,
  names: TakenNames,
  drops: DropReporter,
): Steps<never, StartedFamily | undefined> {
  let name: string | undefined;
  let unused: FamilyEncoding | undefined;
  try {
    if (typeof family.name !== 'string')
      throw new MetricsError('ERR_METRICS_INVALID_FAMILY', 'a family without a name');
    name = family.name;
    const plan = names.fit(format.plan(family), name);
    if (typeof plan === 'string') {
      drops.onDuplicateFamily(() => duplicateName(plan), name);
      return undefined;
    }
    const start = plan.start(family.samples);
    const { writer, batches } = 'writer' in start ? start : yield* start;
    const encoding = new FamilyEncoding(name, writer, batches, drops);
    unused = encoding;
    const pending = encoding.pull();
    if (pending !== undefined) yield* waitFor(pending);
    unused = undefined;
    const isPostponed = plan.alternative !== undefined && encoding.isWithoutSamples;
    if (isPostponed) encoding.encode();
    else names.take(plan, name);
    return { plan, encoding, isPostponed };
  } catch (error) {
    drops.onFamilyDropped(error, name);
    return undefined;
  } finally {
    unused?.close();
  }
}

const duplicateName = (name: string) =>
  new MetricsError('ERR_METRICS_INVALID_FAMILY', `the name "${name}" is another family's already, which is kept`);

/** Adds a family to the text. Yields chunks, and returns the text after the last one. */
function* encodeFamily(start: string, encoding: FamilyEncoding, name: string): Steps<string, string> {
  let text = start;
  try {
    while (!encoding.isDone) {
      text += encoding.encode();
      if (text.length >= CHUNK_SIZE) {
        yield text;
        text = '';
        encoding.isSplit = true;
      }
      if (encoding.isDone) break;
      const turn = yieldToEventLoop();
      if (turn !== undefined) yield turn;
      const pending = encoding.pull();
      if (pending !== undefined) yield* waitFor(pending);
    }
    return text;
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
  /** Whether a chunk ended in it. */
  isSplit = false;
  private readonly name: string;
  private readonly writer: SampleWriter;
  private readonly batches: SampleBatches;
  private readonly drops: DropReporter;
  private batch: readonly Sample[] | undefined;
  /** Samples of the batch that were encoded. */
  private encoded = 0;
  private hasEnded = false;

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
    return this.isEmpty ? writer.empty : writer.close;
  }

  /** Closes the samples if the family is not complete. */
  close(): void {
    if (!this.hasEnded) this.batches.close();
  }
}
