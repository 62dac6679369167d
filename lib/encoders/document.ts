import { MetricsError } from '../model/errors.ts';
import type { MetricFamily, Sample } from '../model/metric-family.ts';
import type { MetricFamilies } from '../model/metrics-source.ts';
import { yieldToEventLoop } from '../util/event-loop.ts';
import type { Batches } from './batches.ts';
import type { DropReporter } from './encoder.ts';
import { errorOf } from './invalid-sample.ts';

/** Writes the documents of one format. The loops over families and samples, below, are the same for all formats. */
export interface FormatWriter {
  readonly begin?: string;
  /** Text between two families. */
  readonly separator?: string;
  end(isEmpty: boolean): string;
  /** Returns the names that the family occupies in the document. The first of two families with one name is kept. */
  familyNames(family: MetricFamily): readonly string[];
  /** May read samples: those that are written are the ones of the result. */
  startFamily(family: MetricFamily): FamilyWriter | Promise<FamilyWriter>;
}

export interface FamilyWriter {
  /** Text before the samples. */
  readonly head: string;
  /** Texts around and between the samples; `empty` replaces them when there are none. All default to `''`. */
  readonly open?: string;
  readonly separator?: string;
  readonly close?: string;
  readonly empty?: string;
  readonly samples: Batches;
  /**
   * Returns the sample's text after a separator; undefined when the sample is omitted on purpose. The position
   * counts the family's samples.
   *
   * @throws when the sample does not fit its family
   */
  encode(sample: Sample, position: number): string | undefined;
  /** Called after the last sample, with the number of samples. */
  onEnd(length: number): void;
}

/** Minimum length of a chunk except the last. A chunk is less than twice as long plus a sample. */
export const CHUNK_SIZE = 32 * 1024;

export async function* encodeDocument(
  writer: FormatWriter,
  families: MetricFamilies,
  drops: DropReporter,
): AsyncGenerator<string, void> {
  const { begin = '', separator = '' } = writer;
  const takenNames = new Set<string>();
  let text = begin;
  let isEmpty = true;
  for await (const family of families) {
    const started = await startFamily(family, writer, takenNames, drops);
    if (started === undefined) {
      await yieldToEventLoop();
      continue;
    }
    text += (isEmpty ? '' : separator) + started.start;
    isEmpty = false;
    try {
      for await (const piece of started.rest) {
        text += piece;
        if (text.length < CHUNK_SIZE) continue;
        yield text;
        text = '';
      }
    } catch (error) {
      throw new MetricsError('ERR_METRICS_CUT_DOCUMENT', `family "${family.name}" failed after its first sample`, {
        cause: error,
      });
    }
    // A family without samples is written by its start alone, which the loop above does not check.
    if (text.length >= CHUNK_SIZE) {
      yield text;
      text = '';
    }
    await yieldToEventLoop();
  }
  yield text + writer.end(isEmpty);
}

/** Pulls the first sample. A family that fails before it is dropped. */
async function startFamily(family: MetricFamily, writer: FormatWriter, takenNames: Set<string>, drops: DropReporter) {
  let sourceName: string | undefined;
  try {
    if (typeof family.name !== 'string')
      throw new MetricsError('ERR_METRICS_INVALID_FAMILY', 'a family without a name');
    sourceName = family.name;
    const names = writer.familyNames(family);
    const name = names.find((wanted) => takenNames.has(wanted));
    if (name !== undefined) {
      drops.duplicateFamily(() => duplicateName(name), family.name);
      return undefined;
    }
    const familyWriter = await writer.startFamily(family);
    const rest = encodeFamily(familyWriter, (thrown) => drops.sample(() => errorOf(thrown), family.name));
    const { value: start } = await rest.next();
    for (const taken of names) takenNames.add(taken);
    return { start: start as string, rest };
  } catch (error) {
    drops.family(error, sourceName);
    return undefined;
  }
}

const duplicateName = (name: string) =>
  new MetricsError('ERR_METRICS_INVALID_FAMILY', `the name "${name}" is another family's already, which is kept`);

async function* encodeFamily(
  writer: FamilyWriter,
  onSampleDropped: (thrown: unknown) => void,
): AsyncGenerator<string, void> {
  const { open = '', separator = '', close = '', empty = '' } = writer;
  let text = writer.head;
  let isEmpty = true;
  let position = 0;
  for await (const batch of writer.samples) {
    for (const sample of batch) {
      const sampleText = encodeSample(writer, sample, position++, onSampleDropped);
      if (sampleText === undefined) continue;
      text += isEmpty ? open + sampleText.slice(separator.length) : sampleText;
      isEmpty = false;
      if (text.length < CHUNK_SIZE) continue;
      yield text;
      text = '';
    }
    // The first batch is one sample: `startFamily` waits for its text.
    if (position === 1) {
      yield text;
      text = '';
    }
    await yieldToEventLoop();
  }
  writer.onEnd(position);
  yield text + (isEmpty ? empty : close);
}

function encodeSample(
  writer: FamilyWriter,
  sample: Sample,
  position: number,
  onSampleDropped: (thrown: unknown) => void,
): string | undefined {
  try {
    if (!sample.labels) throw new MetricsError('ERR_METRICS_INVALID_SAMPLE', 'it has no labels; write labels: {}');
    return writer.encode(sample, position);
  } catch (thrown) {
    onSampleDropped(thrown);
    return undefined;
  }
}
