import { MetricsError } from '../errors.ts';
import type { MetricFamily, Sample } from '../metric-family.ts';
import type { MetricFamilies } from '../metrics-source.ts';
import { breathe } from '../turns.ts';
import type { Batches } from './batches.ts';
import type { Losses } from './encoder.ts';

/** How one format writes its document. The loops over families and samples, below, are the same for all. */
export interface DocumentSyntax {
  readonly begin: string;
  /** Between two families. */
  readonly separator: string;
  end(familiesWritten: number): string;
  /** The name that the family has in the document; of two families with one name the first is kept. */
  nameOf(family: MetricFamily): string;
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
  /** Undefined when the sample is left out on purpose. @throws when it does not fit its family */
  encode(sample: Sample): string | undefined;
}

/** Chunks but the last are at least this long, and less than twice as long plus a sample. */
export const CHUNK = 32 * 1024;

export async function* encodeDocument(
  syntax: DocumentSyntax,
  families: MetricFamilies,
  losses: Losses,
): AsyncGenerator<string, void> {
  const names = new Set<string>();
  let text = syntax.begin;
  for await (const family of families) {
    const opened = await openFamily(family, syntax, names, losses);
    if (opened === undefined) continue;
    text += (names.size > 1 ? syntax.separator : '') + opened.start;
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
    await breathe();
  }
  yield text + syntax.end(names.size);
}

/** Pulls the first sample; a family that fails until then is left out. */
async function openFamily(family: MetricFamily, syntax: DocumentSyntax, names: Set<string>, losses: Losses) {
  try {
    if (typeof family.name !== 'string') throw new MetricsError('INVALID_FAMILY', 'a family without a name');
    const name = syntax.nameOf(family);
    if (names.has(name)) {
      throw new MetricsError('INVALID_FAMILY', `a second family is called "${name}" here; the first one is kept`);
    }
    const plan = await syntax.plan(family);
    const rest = encodeFamily(plan, (error) => losses.sample(error, family.name));
    const { value: start = '' } = await rest.next();
    names.add(name);
    return { start, rest };
  } catch (error) {
    losses.family(error, typeof family?.name === 'string' ? family.name : undefined);
    return undefined;
  }
}

async function* encodeFamily(plan: FamilyPlan, lost: (error: unknown) => void): AsyncGenerator<string, void> {
  const { open = '', separator = '', close = '', empty = '' } = plan;
  let text = plan.head;
  let written = 0;
  for await (const batch of plan.samples) {
    for (const sample of batch) {
      const sampleText = encodeSample(plan, sample, lost);
      if (sampleText === undefined) continue;
      text += (written === 0 ? open : separator) + sampleText;
      written++;
      if (text.length < CHUNK) continue;
      yield text;
      text = '';
    }
    if (batch.length === 1) {
      yield text;
      text = '';
    }
    await breathe();
  }
  yield text + (written === 0 ? empty : close);
}

function encodeSample(plan: FamilyPlan, sample: Sample, lost: (error: unknown) => void): string | undefined {
  try {
    return plan.encode(sample);
  } catch (error) {
    lost(error);
    return undefined;
  }
}
