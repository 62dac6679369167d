import { yieldToEventLoop } from '../../util/event-loop.ts';
import { type FamilyHead, type FamilyTable, type Series, widthOf } from './family-table.ts';
import type { FamilyUpdate, SeriesRun, SnapshotEnd, SnapshotPart } from './snapshot-encoder.ts';

/** Decodes the snapshots of a `SnapshotEncoder`. Parts and ends must arrive in the order in which they were sent. */
export class SnapshotDecoder {
  private parts: SnapshotPart[] = [];
  private families = new Map<number, Known>();
  private order: readonly number[] = [];
  private work: Promise<unknown> = Promise.resolve();

  /** Buffers a part until the end of its snapshot. */
  add(part: SnapshotPart): void {
    this.parts.push(part);
  }

  /** Returns the tables of the snapshot whose parts were added. */
  end(end: SnapshotEnd): Promise<readonly FamilyTable[]> {
    const parts = this.parts.slice(this.parts.length - end.parts);
    this.parts = [];
    const tables = this.work.then(() => this.decode(parts, end));
    this.work = tables.catch(() => undefined);
    return tables;
  }

  private async decode(parts: readonly SnapshotPart[], { order }: SnapshotEnd): Promise<readonly FamilyTable[]> {
    await this.update(parts);
    if (order !== undefined) {
      this.order = order;
      this.families = new Map(order.map((id) => [id, this.families.get(id) as Known]));
    }
    const values = joinValues(parts);
    let at = 0;
    return this.order.map((id) => {
      const { head, series, size } = this.families.get(id) as Known;
      const from = at;
      at += size;
      return { head, series, values: values.subarray(from, at) };
    });
  }

  private async update(parts: readonly SnapshotPart[]): Promise<void> {
    const changed = new Map<number, Changed>();
    for (const part of parts) {
      if (!('update' in part)) continue;
      const { id, head, keep, runs } = part.update;
      const known = changed.get(id) ?? this.families.get(id);
      // Tables that were returned are immutable: series that change are copied, once for each snapshot.
      const series = changed.get(id)?.series ?? known?.series.slice(0, keep) ?? [];
      series.length = keep;
      for (const run of runs) addRun(series, run);
      changed.set(id, { head: head ?? (known?.head as FamilyHead), series });
      await yieldToEventLoop();
    }
    for (const [id, { head, series }] of changed) {
      this.families.set(id, { head, series, size: series.reduce((size, one) => size + widthOf(one), 0) });
      await yieldToEventLoop();
    }
  }
}

interface Known {
  readonly head: FamilyHead;
  readonly series: readonly Series[];
  /** Number of values. */
  readonly size: number;
}

interface Changed {
  readonly head: FamilyUpdate['head'] & object;
  readonly series: Series[];
}

function addRun(series: Series[], { names, shape, count, texts }: SeriesRun): void {
  let at = 0;
  for (let i = 0; i < count; i++) {
    // An assignment to `__proto__` would set the prototype.
    const labels = Object.fromEntries(names.map((name) => [name, texts[at++] as string]));
    series.push(shape === undefined ? { labels } : { labels, shape });
  }
}

function joinValues(parts: readonly SnapshotPart[]): Float64Array {
  const pieces = parts.flatMap((part) => ('values' in part ? [part.values] : []));
  if (pieces.length === 1) return pieces[0] as Float64Array;
  const values = new Float64Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    values.set(piece, at);
    at += piece.length;
  }
  return values;
}
