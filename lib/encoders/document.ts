import { MetricsError } from '../model/errors.ts';
import type { MetricFamily, Sample } from '../model/metric-family.ts';
import type { MetricFamilies } from '../model/metrics-source.ts';
import { breathe } from '../util/event-loop.ts';
import type { Batches } from './batches.ts';
import type { Losses } from './encoder.ts';
import { errorOf } from './invalid-sample.ts';

/** How one format writes its document. The loops over families and samples, below, are the same for all. */
export interface DocumentSyntax {
  readonly begin?: string;
  /** Between two families. */
  readonly separator?: string;
  end(isEmpty: boolean): string;
  /** The names that the family takes in the document. Where two families want one, the first is kept. */
  namesOf(family: MetricFamily): readonly string[];
  /** May look at the samples; what it returns of them is what will be written. */
  plan(family: MetricFamily): FamilyPlan | Promise<FamilyPlan>;
}

export interface FamilyPlan {
  /** In front of the samples. */
  readonly head: string;
  /** Around and between the samples; `empty` stands in their place when there are none. All default to nothing. */
  readonly open?: string;
  readonly separator?: string;
  readonly close?: string;
  readonly empty?: string;
  readonly samples: Batches;
  /**
   * The sample's text with the separator in front; undefined when it is left out on purpose. The position
   * counts the family's samples. @throws when the sample does not fit its family
   */
  encode(sample: Sample, position: number): string | undefined;
  /** Called behind the last of so many samples. */
  done(length: number): void;
}

/** Chunks but the last are at least this long, and less than twice as long plus a sample. */
export const CHUNK = 32 * 1024;

export async function* encodeDocument(
  syntax: DocumentSyntax,
  families: MetricFamilies,
  losses: Losses,
): AsyncGenerator<string, void> {
  const { begin = '', separator = '' } = syntax;
  const taken = new Set<string>();
  let text = begin;
  let isEmpty = true;
  for await (const family of families) {
    const opened = await openFamily(family, syntax, taken, losses);
    if (opened === undefined) {
      await breathe();
      continue;
    }
    text += (isEmpty ? '' : separator) + opened.start;
    isEmpty = false;
    try {
      for await (const piece of opened.rest) {
        text += piece;
        if (text.length < CHUNK) continue;
        yield text;
        text = '';
      }
    } catch (error) {
      throw new MetricsError('CUT_DOCUMENT', `family "${family.name}" failed after its first sample`, { cause: error });
    }
    // A family without samples has nothing but its start.
    if (text.length >= CHUNK) {
      yield text;
      text = '';
    }
    await breathe();
  }
  yield text + syntax.end(isEmpty);
}

/** Pulls the first sample; a family that fails until then is left out. */
async function openFamily(family: MetricFamily, syntax: DocumentSyntax, taken: Set<string>, losses: Losses) {
  let sourceName: string | undefined;
  try {
    if (typeof family.name !== 'string') throw new MetricsError('INVALID_FAMILY', 'a family without a name');
    sourceName = family.name;
    const names = syntax.namesOf(family);
    const name = names.find((wanted) => taken.has(wanted));
    if (name !== undefined) {
      losses.duplicateFamily(() => duplicateName(name), family.name);
      return undefined;
    }
    const plan = await syntax.plan(family);
    const rest = encodeFamily(plan, (thrown) => losses.sample(() => errorOf(thrown), family.name));
    const { value: start } = await rest.next();
    for (const own of names) taken.add(own);
    return { start: start as string, rest };
  } catch (error) {
    losses.family(error, sourceName);
    return undefined;
  }
}

const duplicateName = (name: string) =>
  new MetricsError('INVALID_FAMILY', `the name "${name}" is another family's already, which is kept`);

async function* encodeFamily(plan: FamilyPlan, lost: (thrown: unknown) => void): AsyncGenerator<string, void> {
  const { open = '', separator = '', close = '', empty = '' } = plan;
  let text = plan.head;
  let isEmpty = true;
  let position = 0;
  for await (const batch of plan.samples) {
    for (const sample of batch) {
      const sampleText = encodeSample(plan, sample, position++, lost);
      if (sampleText === undefined) continue;
      text += isEmpty ? open + sampleText.slice(separator.length) : sampleText;
      isEmpty = false;
      if (text.length < CHUNK) continue;
      yield text;
      text = '';
    }
    // The first batch is one sample: with it the family has begun.
    if (position === 1) {
      yield text;
      text = '';
    }
    await breathe();
  }
  plan.done(position);
  yield text + (isEmpty ? empty : close);
}

function encodeSample(
  plan: FamilyPlan,
  sample: Sample,
  position: number,
  lost: (thrown: unknown) => void,
): string | undefined {
  try {
    if (!sample.labels) throw new MetricsError('INVALID_SAMPLE', 'it has no labels; write labels: {}');
    return plan.encode(sample, position);
  } catch (thrown) {
    lost(thrown);
    return undefined;
  }
}
