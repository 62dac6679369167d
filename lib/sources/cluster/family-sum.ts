import type { Aggregator } from '../../model/metric-family.ts';
import { type FamilyTable, inSlices, type Series, widthOf } from './family-table.ts';
import { type Contribution, type IndexedContribution, SeriesIndex } from './series-index.ts';

const MERGERS: Record<Aggregator, (merged: number, value: number) => number> = {
  sum: (merged, value) => merged + value,
  average: (merged, value) => merged + value,
  first: (merged) => merged,
  min: Math.min,
  max: Math.max,
  omit: (merged) => merged,
};

/** Merges one family of all processes, scrape after scrape. */
export class FamilySum {
  private readonly index: SeriesIndex;

  /** With `workerLabel`, series are not summed: the label has the name of their process. */
  constructor(workerLabel: string | undefined) {
    this.index = new SeriesIndex(workerLabel);
  }

  /**
   * Merges contributions, which must be of one type. `differ` is whether processes have a series in common with
   * different bounds; then the first one is kept.
   */
  async sum(
    contributions: readonly Contribution[],
    aggregator: Aggregator,
  ): Promise<Omit<FamilyTable, 'head'> & { differ: boolean }> {
    const { index } = this;
    await index.update(contributions);
    const { indexed, series, size } = index;
    const values = new Float64Array(size);
    const type = contributions[0]?.table.head.type;
    if (type === 'summary') for (const one of indexed) await addSummaries(values, one);
    else if (type === 'histogram') for (const one of indexed) await addHistograms(values, one);
    else await addNumbers(values, indexed, MERGERS[aggregator], aggregator === 'average');
    return { series, values, differ: indexed.some(({ mergedSeries }) => mergedSeries.includes(undefined)) };
  }
}

/** Merges numbers. NaN counts as no value: it is the result only if no process has another one. */
async function addNumbers(
  values: Float64Array,
  indexed: readonly IndexedContribution[],
  merge: (merged: number, value: number) => number,
  isAverage: boolean,
): Promise<void> {
  const counts = new Uint32Array(values.length);
  for (const { contribution, starts } of indexed) {
    const added = contribution.table.values;
    await inSlices(added.length, (from, to) => {
      for (let i = from; i < to; i++) {
        const value = added[i] as number;
        if (Number.isNaN(value)) continue;
        const at = starts[i] as number;
        values[at] = (counts[at] as number)++ === 0 ? value : merge(values[at] as number, value);
      }
    });
  }
  await inSlices(values.length, (from, to) => {
    for (let i = from; i < to; i++) {
      if (counts[i] === 0) values[i] = Number.NaN;
      else if (isAverage) values[i] = (values[i] as number) / (counts[i] as number);
    }
  });
}

async function addHistograms(values: Float64Array, { contribution, starts }: IndexedContribution): Promise<void> {
  const added = contribution.table.values;
  await eachDistribution(contribution.table.series, (i, at, width) => {
    const start = starts[i] as number;
    if (start === -1) return;
    for (let k = 0; k < width; k++) values[start + k] = (values[start + k] as number) + (added[at + k] as number);
  });
}

/** Adds counts and sums. Quantiles cannot be added: they are kept only if a single process has the series. */
async function addSummaries(
  values: Float64Array,
  { contribution, starts, mergedSeries }: IndexedContribution,
): Promise<void> {
  const added = contribution.table.values;
  await eachDistribution(contribution.table.series, (i, at, width) => {
    const start = starts[i] as number;
    if (start === -1) return;
    const hasQuantiles = contribution.isCurrent && mergedSeries[i]?.currentRefCount === 1;
    for (let k = 0; k < 2; k++) values[start + k] = (values[start + k] as number) + (added[at + k] as number);
    if (hasQuantiles) values.set(added.subarray(at + 2, at + width), start + 2);
  });
}

/** Calls back with the position of each series, and the offset and number of its values. */
async function eachDistribution(
  series: readonly Series[],
  call: (position: number, at: number, width: number) => void,
): Promise<void> {
  let at = 0;
  await inSlices(series.length, (from, to) => {
    for (let i = from; i < to; i++) {
      const width = widthOf(series[i] as Series);
      call(i, at, width);
      at += width;
    }
  });
}
