import type { LabelSet } from '../../model/metric-family.ts';
import { shortKey } from '../../util/short-key.ts';
import { type FamilyTable, inSlices, isSameShape, type Series, type Shape, widthOf } from './family-table.ts';
import { withLabel } from './worker-label.ts';

/** What one process adds to a family. */
export interface Addend {
  /** The process's name. */
  readonly owner: string;
  readonly table: FamilyTable;
  /** False when it is what the process said before, and now it says nothing. */
  readonly isFresh: boolean;
}

/** One series of the sum. */
export interface Cell {
  readonly key: string;
  series: Series;
  /** Where its values begin. */
  start: number;
  /** How many processes have it. */
  claims: number;
  freshClaims: number;
  shape: Shape | undefined;
}

/** Where the series of one process stand in the sum. */
export interface Placed {
  readonly addend: Addend;
  /** Undefined for those that cannot be added: their bounds are others than those of a process in front. */
  readonly cells: readonly (Cell | undefined)[];
  /** Where each one's values begin, or -1. */
  readonly starts: Int32Array;
}

/**
 * Where the series of all processes stand in one family's sum. It is found out by their labels once, and
 * again for those that are new; the series of the sum keep their order and their label objects.
 */
export class Placement {
  private readonly workerLabel: string | undefined;
  private readonly index = new Map<string, Cell>();
  private cells: Cell[] = [];
  private lastShape: Shape | undefined;
  placed: readonly Placed[] = [];
  series: readonly Series[] = [];
  /** How many values all series have together. */
  size = 0;

  constructor(workerLabel: string | undefined) {
    this.workerLabel = workerLabel;
  }

  /** The addends are of one type. */
  async update(addends: readonly Addend[]): Promise<void> {
    const { placed } = this;
    const isSameProcesses =
      addends.length === placed.length &&
      addends.every(
        ({ owner, isFresh }, i) => owner === placed[i]?.addend.owner && isFresh === placed[i].addend.isFresh,
      );
    const isSame = (addend: Addend, i: number) => addend.table.series === placed[i]?.addend.table.series;
    if (isSameProcesses && addends.every(isSame)) {
      this.placed = placed.map((one, i) => ({ ...one, addend: addends[i] as Addend }));
      return;
    }
    const isLonger = isSameProcesses && addends.every(({ table }, i) => startsWith(table, placed[i]?.addend.table));
    if (!isLonger) for (const cell of this.cells) cell.claims = cell.freshClaims = 0;
    const cells: (Cell | undefined)[][] = [];
    for (const [i, addend] of addends.entries()) {
      cells.push(await this.claimAll(addend, isLonger ? [...(placed[i]?.cells ?? [])] : []));
    }
    if (!isLonger) await this.dropUnclaimed();
    await this.layOut(addends[0]?.table.head.type === 'summary');
    this.placed = addends.map((addend, i) => {
      const own = cells[i] as Placed['cells'];
      return { addend, cells: own, starts: Int32Array.from(own, (cell) => cell?.start ?? -1) };
    });
  }

  /** Finds the cells of the series behind those that are known. */
  private async claimAll(addend: Addend, cells: (Cell | undefined)[]): Promise<(Cell | undefined)[]> {
    const { series } = addend.table;
    const known = cells.length;
    await inSlices(series.length - known, (from, to) => {
      for (let i = known + from; i < known + to; i++) cells.push(this.claim(series[i] as Series, addend));
    });
    return cells;
  }

  private claim(series: Series, { owner, isFresh, table }: Addend): Cell | undefined {
    const labels = this.workerLabel === undefined ? series.labels : withLabel(series.labels, this.workerLabel, owner);
    const cell = this.cellOf(labels);
    const isFirst = cell.claims === 0;
    // Of summaries, counts and sums alone are added.
    const isAddable =
      table.head.type === 'summary'
        ? cell.shape?.hasSum === series.shape?.hasSum
        : isSameShape(cell.shape, series.shape);
    if (!isFirst && !isAddable) return undefined;
    if (isFirst || (isFresh && cell.freshClaims === 0)) cell.shape = this.shared(series.shape);
    cell.claims++;
    if (isFresh) cell.freshClaims++;
    return cell;
  }

  private cellOf(labels: LabelSet): Cell {
    const key = keyOf(labels);
    let cell = this.index.get(key);
    if (cell === undefined) {
      cell = { key, series: { labels }, start: 0, claims: 0, freshClaims: 0, shape: undefined };
      this.index.set(key, cell);
      this.cells.push(cell);
    }
    return cell;
  }

  /** One object for shapes that are alike: encoders know the text of bounds by their identity. */
  private shared(shape: Shape | undefined): Shape | undefined {
    if (!isSameShape(shape, this.lastShape)) this.lastShape = shape;
    return this.lastShape;
  }

  private async dropUnclaimed(): Promise<void> {
    const { cells } = this;
    this.cells = [];
    await inSlices(cells.length, (from, to) => {
      for (let i = from; i < to; i++) {
        const cell = cells[i] as Cell;
        if (cell.claims > 0) this.cells.push(cell);
        else this.index.delete(cell.key);
      }
    });
  }

  private async layOut(isSummary: boolean): Promise<void> {
    const series = new Array<Series>(this.cells.length);
    let size = 0;
    await inSlices(series.length, (from, to) => {
      for (let i = from; i < to; i++) {
        const cell = this.cells[i] as Cell;
        const shape = isSummary && cell.freshClaims !== 1 ? withoutKeys(cell.shape) : cell.shape;
        if (!isSameShape(cell.series.shape, shape)) cell.series = { labels: cell.series.labels, shape };
        cell.start = size;
        size += widthOf(cell.series);
        series[i] = cell.series;
      }
    });
    this.series = series;
    this.size = size;
  }
}

const startsWith = ({ series }: FamilyTable, start: FamilyTable | undefined) =>
  start?.series.every((one, i) => one === series[i]) ?? false;

/** Quantiles of several processes cannot be made one. */
const withoutKeys = (shape: Shape | undefined) => shape && { keys: [], hasSum: shape.hasSum };

/** The same for the same labels in any order. */
function keyOf(labels: LabelSet): string {
  let key = '';
  for (const name of Object.keys(labels).sort()) {
    const text = labels[name] as string;
    key += `${name.length}:${name}${text.length}:${text}`;
  }
  return shortKey(key);
}
