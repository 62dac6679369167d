import type { LabelSet, MetricType, Sample } from '../../model/metric-family.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';
import type { LabelSets } from './kept-label-sets.ts';
import { seriesOf } from './results.ts';
import { invalidReason } from './values.ts';

/** Samples of one family, and their label sets by key. */
export interface ReadResult {
  readonly samples: Sample[];
  readonly labelSets: LabelSets;
}

/** Context of reading one answer. */
export interface ReadContext {
  readonly known: LabelSets;
  /** Called for each series that is left out or changed. */
  onIssue(text: string): void;
}

/** Returns one sample for each series. */
export async function readSamples(
  result: readonly unknown[],
  type: MetricType,
  { known, onIssue }: ReadContext,
): Promise<ReadResult> {
  const samples: Sample[] = [];
  const labelSets = new Map<string, LabelSet>();
  for (const member of result) {
    await yieldToEventLoop();
    const series = seriesOf(member);
    const { value } = series;
    const key = JSON.stringify(series.labels);
    const fault = labelSets.has(key)
      ? 'an earlier series has the same labels, without the name'
      : invalidReason(value, type);
    if (fault !== undefined) {
      onIssue(`left out: ${fault}`);
      continue;
    }
    const labels = known.get(key) ?? series.labels;
    labelSets.set(key, labels);
    samples.push({ labels, value });
  }
  return { samples, labelSets };
}
