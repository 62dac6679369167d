import { isSameLabelSet } from '../../model/labels.ts';
import type { LabelSet, MetricType, Sample } from '../../model/metric-family.ts';
import { isSameList } from '../../util/is-same-list.ts';
import type { ByteBudget } from './byte-budget.ts';
import { numberAt, pointsOf, rowSize, type SeriesRow } from './series-row.ts';
import { UnseenRows } from './unseen-rows.ts';
import type { ValueRing } from './value-ring.ts';

/** What a family's history is about. Another head or other points start it again. */
export interface FamilyHead {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  /** Unit that the family states; empty if it states none. */
  readonly unit: string;
  /** Bounds of its histograms or quantiles of its summaries; undefined for numbers. */
  readonly points: readonly number[] | undefined;
}

/** Where the numbers of a history are kept. */
export interface HistorySpace {
  readonly ring: ValueRing;
  readonly budget: ByteBudget;
}

/** Estimated memory (bytes) of a family besides its values and rows. */
const FAMILY_SIZE = 1000;

/** Sum, number and maximum of a family's numbers. */
const NUMBER_TOTALS = 3;

/** The totals of a family over time, and those of its series that have room. */
export class FamilyHistory {
  readonly head: FamilyHead;
  /**
   * Columns of the totals. For numbers: sum, number of series, maximum. For histograms and summaries: one sum for each
   * number that can be added, then the number of series.
   */
  readonly totals: readonly number[];
  /** Number of series at the last moment that have no room. */
  leftOut = 0;
  /** The last moment at which the family had a sample. */
  lastSeen = 0;
  /** First the series of the current moment, in its order, and then those that it lacks. */
  private readonly rows: SeriesRow[] = [];
  private readonly space: HistorySpace;
  private readonly sums: Float64Array;
  /** Number of series of the current moment among the rows. */
  private seen = 0;
  private leftOutBefore = 0;
  /** The rows by their labels, once a series was not at its place of the moment before. */
  private unseen: UnseenRows | undefined;

  constructor(head: FamilyHead, space: HistorySpace) {
    this.head = head;
    this.space = space;
    this.totals = space.ring.allocate(totalWidth(head));
    this.sums = new Float64Array(this.totals.length);
  }

  /** Memory (bytes) of a family without series. */
  static sizeOf(head: FamilyHead, ring: ValueRing): number {
    const { name, help, unit, points = [] } = head;
    return (
      FAMILY_SIZE +
      2 * (name.length + help.length + unit.length) +
      8 * points.length +
      totalWidth(head) * ring.columnSize
    );
  }

  get series(): readonly SeriesRow[] {
    return this.rows;
  }

  /** Starts a moment. */
  begin(): void {
    this.lastSeen = this.space.ring.end - 1;
    this.seen = 0;
    this.leftOutBefore = this.leftOut;
    this.leftOut = 0;
    this.unseen = undefined;
    this.sums.fill(0);
    if (this.head.points === undefined) this.sums[2] = Number.NEGATIVE_INFINITY;
  }

  /** Adds a series of the current moment. */
  add({ labels, value }: Sample): void {
    this.addToTotals(value);
    const row = this.rowOf(labels);
    if (row === undefined) {
      this.leftOut++;
      return;
    }
    row.lastSeen = this.lastSeen;
    const { ring } = this.space;
    const { columns } = row;
    for (let i = 0; i < columns.length; i++) ring.set(columns[i] as number, numberAt(value, i));
  }

  /** Ends a moment: records the totals. */
  end(): void {
    const { ring } = this.space;
    const isEmpty = this.head.points === undefined && this.sums[1] === 0;
    for (const [i, column] of this.totals.entries()) {
      // Without a number there is no sum. Its count is a number nonetheless.
      ring.set(column, isEmpty && i !== 1 ? Number.NaN : (this.sums[i] as number));
    }
    this.unseen = undefined;
  }

  /** Ends a moment of which not all series are known: it is a gap. */
  abandon(): void {
    const { ring } = this.space;
    // The totals are set at the end only.
    for (const { columns } of this.rows.slice(0, this.seen)) {
      for (const column of columns) ring.set(column, Number.NaN);
    }
    this.leftOut = Math.max(this.leftOut, this.leftOutBefore);
    this.unseen = undefined;
  }

  /** Removes series without a value in any moment that is kept. */
  removeOld(): void {
    const { ring } = this.space;
    const seen = this.lastSeen === ring.end - 1 ? this.seen : 0;
    for (let i = this.rows.length - 1; i >= seen; i--) {
      if ((this.rows[i] as SeriesRow).lastSeen < ring.start) this.remove(i);
    }
  }

  /** Removes the last series to make room. Returns false if there is none. */
  removeLast(): boolean {
    const last = this.rows.at(-1);
    if (last === undefined) return false;
    if (last.lastSeen === this.lastSeen) this.leftOut++;
    this.remove(this.rows.length - 1);
    this.seen = Math.min(this.seen, this.rows.length);
    return true;
  }

  /** Removes everything. The history must not be used afterwards. */
  release(): void {
    while (this.removeLast());
    this.space.ring.release(this.totals);
    this.space.budget.release(FamilyHistory.sizeOf(this.head, this.space.ring));
  }

  private addToTotals(value: Sample['value']): void {
    const { sums } = this;
    if (this.head.points !== undefined) {
      const last = sums.length - 1;
      for (let i = 0; i < last; i++) sums[i] = (sums[i] as number) + numberAt(value, i);
      sums[last] = (sums[last] as number) + 1;
      return;
    }
    const number = numberAt(value, 0);
    if (Number.isNaN(number)) return;
    sums[0] = (sums[0] as number) + number;
    sums[1] = (sums[1] as number) + 1;
    if (number > (sums[2] as number)) sums[2] = number;
  }

  /** Returns the row of a series of the current moment: the next one, another one, or a new one if it has room. */
  private rowOf(labels: LabelSet): SeriesRow | undefined {
    const { rows, seen } = this;
    const next = rows[seen];
    // Most sources return the same objects at each scrape.
    if (next !== undefined && (next.labels === labels || isSameLabelSet(next.labels, labels))) {
      this.seen++;
      return next;
    }
    const found = next === undefined ? undefined : this.takeUnseen(labels);
    const row = found ?? this.addRow(labels);
    if (row === undefined) return undefined;
    this.swap(row, seen);
    this.seen++;
    return row;
  }

  private takeUnseen(labels: LabelSet): SeriesRow | undefined {
    this.unseen ??= new UnseenRows(this.rows.slice(this.seen));
    const row = this.unseen.take(labels);
    // A row that was at its place is still among them.
    return row !== undefined && row.index >= this.seen ? row : undefined;
  }

  private addRow(labels: LabelSet): SeriesRow | undefined {
    const { ring, budget } = this.space;
    const width = seriesWidth(this.head);
    if (!budget.tryTake(rowSize(labels) + width * ring.columnSize)) return undefined;
    const row = { labels, columns: ring.allocate(width), index: this.rows.length, lastSeen: this.lastSeen };
    this.rows.push(row);
    return row;
  }

  private remove(index: number): void {
    const row = this.rows[index] as SeriesRow;
    const { ring, budget } = this.space;
    this.swap(row, this.rows.length - 1);
    this.rows.pop();
    budget.release(rowSize(row.labels) + row.columns.length * ring.columnSize);
    ring.release(row.columns);
    row.columns = [];
  }

  private swap(row: SeriesRow, index: number): void {
    const other = this.rows[index] as SeriesRow;
    if (other === row) return;
    this.rows[row.index] = other;
    this.rows[index] = row;
    other.index = row.index;
    row.index = index;
  }
}

/** Number of a series's columns. */
const seriesWidth = ({ points }: FamilyHead) => (points === undefined ? 1 : 2 + points.length);

/** Quantiles of several summaries cannot be summed. The number of series is the last column. */
const totalWidth = (head: FamilyHead) =>
  head.points === undefined ? NUMBER_TOTALS : head.type === 'summary' ? 3 : seriesWidth(head) + 1;

/** Whether a value has the same numbers as the others of its family. */
export function fitsHead({ points }: FamilyHead, value: Sample['value']): boolean {
  const own = pointsOf(value);
  return own === undefined || points === undefined ? own === points : isSameList(own, points);
}
