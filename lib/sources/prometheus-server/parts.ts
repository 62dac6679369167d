import type { HistogramValue, LabelSet, Sample, SummaryValue } from '../../model/metric-family.ts';
import { yieldToEventLoop } from '../../util/event-loop.ts';
import { isSameList } from '../../util/is-same-list.ts';
import { type Series, seriesOf } from './results.ts';
import type { ReadContext, ReadResult } from './samples.ts';
import { invalidHistogramReason, parseNumber } from './values.ts';

/** Parts of one histogram or summary, from the series of one label set. */
interface Parts {
  readonly labels: LabelSet;
  /** The value at each upper bound or quantile. */
  readonly points: Map<number, number>;
  sum?: number;
  count?: number;
}

/** Assembles the histograms of `metric` from their `_bucket`, `_sum` and `_count`. */
export async function readHistograms(
  result: readonly unknown[],
  metric: string,
  context: ReadContext,
): Promise<ReadResult> {
  let shared: readonly number[] = [];
  return samplesOf(await gather(result, metric, 'le', context), context, (parts) => {
    const value = histogramOf(parts);
    if (typeof value === 'string') return value;
    if (parts.count !== undefined && parts.count !== value.count) {
      context.onIssue('with a _count that differs from the +Inf bucket: the bucket is used');
    }
    if (!isSameList(shared, value.bounds)) shared = value.bounds;
    return { ...value, bounds: shared };
  });
}

/** Assembles the summaries of `metric` from their quantiles, `_sum` and `_count`. */
export async function readSummaries(
  result: readonly unknown[],
  metric: string,
  context: ReadContext,
): Promise<ReadResult> {
  return samplesOf(await gather(result, metric, 'quantile', context), context, summaryOf);
}

async function gather(
  result: readonly unknown[],
  metric: string,
  key: 'le' | 'quantile',
  { known, onIssue }: ReadContext,
): Promise<ReadonlyMap<string, Parts>> {
  const found = new Map<string, Parts>();
  for (const member of result) {
    await yieldToEventLoop();
    const series = seriesOf(member);
    const { [key]: point, ...labels } = series.labels;
    const id = JSON.stringify(labels);
    let parts = found.get(id);
    if (parts === undefined) {
      parts = { labels: known.get(id) ?? labels, points: new Map() };
      found.set(id, parts);
    }
    if (!add(parts, series, metric, parseNumber(point))) onIssue('left out: not a part of this metric');
  }
  return found;
}

function add(parts: Parts, { name, value }: Series, metric: string, point: number | undefined): boolean {
  if (typeof value !== 'number') return false;
  if (name === `${metric}_sum`) parts.sum = value;
  else if (name === `${metric}_count`) parts.count = value;
  // The server has separate series for '1' and '1.0', which instances may write differently.
  else if (point !== undefined) parts.points.set(point, (parts.points.get(point) ?? 0) + value);
  else return false;
  return true;
}

async function samplesOf(
  found: ReadonlyMap<string, Parts>,
  { onIssue }: ReadContext,
  assemble: (parts: Parts) => Sample['value'] | string,
): Promise<ReadResult> {
  const samples: Sample[] = [];
  const labelSets = new Map<string, LabelSet>();
  for (const [id, parts] of found) {
    await yieldToEventLoop();
    const value = assemble(parts);
    if (typeof value === 'string') {
      onIssue(`left out: ${value}`);
      continue;
    }
    labelSets.set(id, parts.labels);
    samples.push({ labels: parts.labels, value });
  }
  return { samples, labelSets };
}

/** Returns the histogram, or why there is none. */
function histogramOf({ points, sum }: Parts): HistogramValue | string {
  const [bounds, counts] = sorted(points);
  const count = counts.pop();
  if (count === undefined || bounds.pop() !== Number.POSITIVE_INFINITY) return 'expected a +Inf bucket';
  const value = { count, ...(sum !== undefined && { sum }), bounds, cumulativeCounts: counts };
  return invalidHistogramReason(value) ?? value;
}

/** Returns the summary, or why there is none. */
function summaryOf({ points, sum, count }: Parts): SummaryValue | string {
  if (count === undefined || !Number.isInteger(count) || count < 0) return 'expected a _count that is an integer';
  const [quantiles, values] = sorted(points);
  return { count, ...(sum !== undefined && { sum }), quantiles, values };
}

function sorted(points: ReadonlyMap<number, number>): [keys: number[], values: number[]] {
  const entries = [...points].sort(([a], [b]) => a - b);
  return [entries.map(([key]) => key), entries.map(([, value]) => value)];
}
