import { isDeepStrictEqual } from 'node:util';
import { isSameList } from '../../util/is-same-list.ts';
import { addLabelNames } from '../added-labels.ts';
import { FamilySum } from './family-sum.ts';
import { type FamilyHead, type FamilyTable, isCumulative } from './family-table.ts';
import { type Loss, Losses } from './losses.ts';
import type { Contribution } from './series-index.ts';

/** Metrics of one process: the current ones, or the last ones before it stopped responding. */
export interface WorkerSnapshot {
  /** Name of the process. */
  readonly workerId: string;
  readonly tables: readonly FamilyTable[];
  /** If false, gauges are left out; counters, histograms and summaries are merged. */
  readonly isCurrent: boolean;
}

/** Merges the tables of all processes, scrape after scrape. */
export class Aggregate {
  private readonly workerLabel: string | undefined;
  private known: ReadonlyMap<string, MergedFamily> = new Map();

  /** With `workerLabel`, series are not summed: the label has the name of their process. */
  constructor(workerLabel?: string | undefined) {
    this.workerLabel = workerLabel;
  }

  /** Merges the snapshots. If processes contradict each other, the first one is kept. Calls must not overlap. */
  async merge(
    snapshots: readonly WorkerSnapshot[],
  ): Promise<{ tables: readonly FamilyTable[]; losses: readonly Loss[] }> {
    const losses = new Losses();
    const tables: FamilyTable[] = [];
    const known = new Map<string, MergedFamily>();
    for (const [name, contributions] of byName(snapshots, losses)) {
      const heads = contributions.map(({ table }) => table.head);
      const { type, aggregator = 'sum' } = heads[0] as FamilyHead;
      if (aggregator === 'omit' && !isCumulative(type) && this.workerLabel === undefined) continue;
      const last = this.known.get(name);
      const sum = last?.head.type === type ? last.sum : new FamilySum(this.workerLabel);
      const isKnown = last !== undefined && isSameList(heads, last.heads);
      const head = isKnown ? last.head : this.headOf(heads, last?.head);
      known.set(name, { heads, head, sum });
      const { series, values, differ } = await sum.sum(contributions, isCumulative(type) ? 'sum' : aggregator);
      if (differ)
        losses.note({ message: `${name}: expected the same bounds in all processes; those of the first one are kept` });
      tables.push({ head, series, values });
    }
    this.known = known;
    return { tables, losses: losses.list };
  }

  /** Returns the head of the first process, with the label names of all. */
  private headOf(heads: readonly FamilyHead[], last: FamilyHead | undefined): FamilyHead {
    const { labelNames: _, ...head } = heads[0] as FamilyHead;
    const names = heads.every(({ labelNames }) => labelNames !== undefined)
      ? [...new Set(heads.flatMap(({ labelNames = [] }) => labelNames))]
      : undefined;
    const labelNames = names && this.workerLabel !== undefined ? addLabelNames(names, [this.workerLabel]) : names;
    const merged: FamilyHead = { ...head, ...(labelNames !== undefined && { labelNames }) };
    return last !== undefined && isDeepStrictEqual(merged, last) ? last : merged;
  }
}

interface MergedFamily {
  /** Heads of the processes, which were merged into `head`. */
  readonly heads: readonly FamilyHead[];
  readonly head: FamilyHead;
  readonly sum: FamilySum;
}

/** Groups the contributions by family, current ones first. */
function byName(snapshots: readonly WorkerSnapshot[], losses: Losses): Map<string, Contribution[]> {
  const families = new Map<string, Contribution[]>();
  for (const { workerId, tables, isCurrent } of [...snapshots].sort(
    (a, b) => Number(b.isCurrent) - Number(a.isCurrent),
  )) {
    for (const table of tables) {
      const { name, type } = table.head;
      if (!isCurrent && !isCumulative(type)) continue;
      const contributions = families.get(name) ?? [];
      const first = contributions[0]?.table.head.type ?? type;
      if (type === first) contributions.push({ workerId, table, isCurrent });
      else
        losses.note({
          message: `${name}: expected the type ${first} of the first process, got ${type}; it is left out`,
        });
      families.set(name, contributions);
    }
  }
  return families;
}
