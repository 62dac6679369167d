import type { Aggregator } from '../../model/metric-family.ts';
import { type FamilyTable, inSlices, type Series, widthOf } from './family-table.ts';
import { type Addend, type Placed, Placement } from './placement.ts';

/** One family of all processes. */
export class FamilySum {
  private readonly placement: Placement;

  /** With a label, nothing is summed: each process's series get its name as that label. */
  constructor(workerLabel: string | undefined) {
    this.placement = new Placement(workerLabel);
  }

  /**
   * The sum of addends of one type. They differ where processes have a series in common whose bounds are not the
   * same: then the first one's is kept.
   */
  async sum(
    addends: readonly Addend[],
    aggregator: Aggregator,
  ): Promise<Omit<FamilyTable, 'head'> & { differ: boolean }> {
    const { placement } = this;
    await placement.update(addends);
    const { placed, series, size } = placement;
    const values = new Float64Array(size);
    const type = addends[0]?.table.head.type;
    if (type === 'summary') for (const one of placed) await addSummaries(values, one);
    else if (type === 'histogram') for (const one of placed) await addHistograms(values, one);
    else await addNumbers(values, placed, MERGERS[aggregator], aggregator === 'average');
    return { series, values, differ: placed.some(({ cells }) => cells.includes(undefined)) };
  }
}

const MERGERS: Record<Aggregator, (merged: number, value: number) => number> = {
  sum: (merged, value) => merged + value,
  average: (merged, value) => merged + value,
  first: (merged) => merged,
  min: Math.min,
  max: Math.max,
  omit: (merged) => merged,
};

/** NaN stands for no value here: it is the result only where nobody has another one. */
async function addNumbers(
  values: Float64Array,
  placed: readonly Placed[],
  merge: (merged: number, value: number) => number,
  isAverage: boolean,
): Promise<void> {
  const counts = new Uint32Array(values.length);
  for (const { addend, starts } of placed) {
    const added = addend.table.values;
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

async function addHistograms(values: Float64Array, { addend, starts }: Placed): Promise<void> {
  const added = addend.table.values;
  await eachDistribution(addend.table.series, (i, at, width) => {
    const start = starts[i] as number;
    if (start === -1) return;
    for (let k = 0; k < width; k++) values[start + k] = (values[start + k] as number) + (added[at + k] as number);
  });
}

/** Counts and sums; quantiles cannot be added, and are left where one process alone has the series. */
async function addSummaries(values: Float64Array, { addend, starts, cells }: Placed): Promise<void> {
  const added = addend.table.values;
  await eachDistribution(addend.table.series, (i, at, width) => {
    const start = starts[i] as number;
    if (start === -1) return;
    const hasQuantiles = addend.isFresh && cells[i]?.freshClaims === 1;
    for (let k = 0; k < 2; k++) values[start + k] = (values[start + k] as number) + (added[at + k] as number);
    if (hasQuantiles) values.set(added.subarray(at + 2, at + width), start + 2);
  });
}

/** Calls back with each series' position, and where its values begin and how many they are. */
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
