import { labelSetKey } from '../../model/labels.ts';
import type { LabelSet } from '../../model/metric-family.ts';
import { shortKey } from '../../util/short-key.ts';
import { addLabels } from '../added-labels.ts';
import { type FamilyTable, inSlices, isSameShape, type Series, type Shape, widthOf } from './family-table.ts';

/** One process's series of a family. */
export interface Contribution {
  /** Name of the process. */
  readonly workerId: string;
  readonly table: FamilyTable;
  /** False when the process did not respond and its last table is used. */
  readonly isCurrent: boolean;
}

/** One series of the merged family. */
export interface MergedSeries {
  readonly key: string;
  series: Series;
  /** Offset of its values. */
  start: number;
  /** Number of processes that have it. */
  refCount: number;
  currentRefCount: number;
  shape: Shape | undefined;
}

/** One process's contribution with the positions of its series in the merged family. */
export interface IndexedContribution {
  readonly contribution: Contribution;
  /** Undefined for series that cannot be added, because their bounds differ from those of an earlier process. */
  readonly mergedSeries: readonly (MergedSeries | undefined)[];
  /** Offset of each series' values, or -1. */
  readonly starts: Int32Array;
}

/**
 * Positions of the series of all processes in one merged family. Each series is found by its labels once, when it is
 * new. The merged series keep their order and their label objects from scrape to scrape.
 */
export class SeriesIndex {
  private readonly workerLabel: string | undefined;
  private readonly index = new Map<string, MergedSeries>();
  private mergedSeries: MergedSeries[] = [];
  private lastShape: Shape | undefined;
  indexed: readonly IndexedContribution[] = [];
  series: readonly Series[] = [];
  /** Number of values of all series together. */
  size = 0;

  constructor(workerLabel: string | undefined) {
    this.workerLabel = workerLabel;
  }

  /** Updates the positions. The contributions must be of one type. */
  async update(contributions: readonly Contribution[]): Promise<void> {
    const { indexed } = this;
    const isSameProcesses =
      contributions.length === indexed.length &&
      contributions.every(
        ({ workerId, isCurrent }, i) =>
          workerId === indexed[i]?.contribution.workerId && isCurrent === indexed[i].contribution.isCurrent,
      );
    const isSame = (contribution: Contribution, i: number) =>
      contribution.table.series === indexed[i]?.contribution.table.series;
    if (isSameProcesses && contributions.every(isSame)) {
      this.indexed = indexed.map((one, i) => ({ ...one, contribution: contributions[i] as Contribution }));
      return;
    }
    const isLonger =
      isSameProcesses && contributions.every(({ table }, i) => startsWith(table, indexed[i]?.contribution.table));
    if (!isLonger) for (const merged of this.mergedSeries) merged.refCount = merged.currentRefCount = 0;
    const assigned: (MergedSeries | undefined)[][] = [];
    for (const [i, contribution] of contributions.entries()) {
      assigned.push(await this.assignAll(contribution, isLonger ? [...(indexed[i]?.mergedSeries ?? [])] : []));
    }
    if (!isLonger) await this.dropUnreferenced();
    await this.assignOffsets(contributions[0]?.table.head.type === 'summary');
    this.indexed = contributions.map((contribution, i) => {
      const mergedSeries = assigned[i] as IndexedContribution['mergedSeries'];
      return { contribution, mergedSeries, starts: Int32Array.from(mergedSeries, (merged) => merged?.start ?? -1) };
    });
  }

  /** Finds the merged series of those series that follow the known ones. */
  private async assignAll(
    contribution: Contribution,
    mergedSeries: (MergedSeries | undefined)[],
  ): Promise<(MergedSeries | undefined)[]> {
    const { series } = contribution.table;
    const known = mergedSeries.length;
    await inSlices(series.length - known, (from, to) => {
      for (let i = known + from; i < known + to; i++) mergedSeries.push(this.assign(series[i] as Series, contribution));
    });
    return mergedSeries;
  }

  private assign(series: Series, { workerId, isCurrent, table }: Contribution): MergedSeries | undefined {
    const { workerLabel } = this;
    const labels = workerLabel === undefined ? series.labels : addLabels(series.labels, { [workerLabel]: workerId });
    const merged = this.mergedSeriesOf(labels);
    const isFirst = merged.refCount === 0;
    // Only the counts and sums of summaries are added.
    const isAddable =
      table.head.type === 'summary'
        ? merged.shape?.hasSum === series.shape?.hasSum
        : isSameShape(merged.shape, series.shape);
    if (!isFirst && !isAddable) return undefined;
    if (isFirst || (isCurrent && merged.currentRefCount === 0)) merged.shape = this.sharedShape(series.shape);
    merged.refCount++;
    if (isCurrent) merged.currentRefCount++;
    return merged;
  }

  private mergedSeriesOf(labels: LabelSet): MergedSeries {
    const key = shortKey(labelSetKey(labels));
    let merged = this.index.get(key);
    if (merged === undefined) {
      merged = { key, series: { labels }, start: 0, refCount: 0, currentRefCount: 0, shape: undefined };
      this.index.set(key, merged);
      this.mergedSeries.push(merged);
    }
    return merged;
  }

  /** Returns one object for equal shapes: encoders cache the text of bounds by identity. */
  private sharedShape(shape: Shape | undefined): Shape | undefined {
    if (!isSameShape(shape, this.lastShape)) this.lastShape = shape;
    return this.lastShape;
  }

  private async dropUnreferenced(): Promise<void> {
    const { mergedSeries } = this;
    this.mergedSeries = [];
    await inSlices(mergedSeries.length, (from, to) => {
      for (let i = from; i < to; i++) {
        const merged = mergedSeries[i] as MergedSeries;
        if (merged.refCount > 0) this.mergedSeries.push(merged);
        else this.index.delete(merged.key);
      }
    });
  }

  private async assignOffsets(isSummary: boolean): Promise<void> {
    const series = new Array<Series>(this.mergedSeries.length);
    let size = 0;
    await inSlices(series.length, (from, to) => {
      for (let i = from; i < to; i++) {
        const merged = this.mergedSeries[i] as MergedSeries;
        const shape = isSummary && merged.currentRefCount !== 1 ? withoutKeys(merged.shape) : merged.shape;
        if (!isSameShape(merged.series.shape, shape)) merged.series = { labels: merged.series.labels, shape };
        merged.start = size;
        size += widthOf(merged.series);
        series[i] = merged.series;
      }
    });
    this.series = series;
    this.size = size;
  }
}

const startsWith = ({ series }: FamilyTable, start: FamilyTable | undefined) =>
  start?.series.every((one, i) => one === series[i]) ?? false;

/** Quantiles of several processes cannot be merged. */
const withoutKeys = (shape: Shape | undefined) => shape && { keys: [], hasSum: shape.hasSum };
