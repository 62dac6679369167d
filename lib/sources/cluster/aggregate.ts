import { isDeepStrictEqual } from 'node:util';
import { FamilySum } from './family-sum.ts';
import { type FamilyHead, type FamilyTable, isCumulative } from './family-table.ts';
import { type Loss, Losses } from './losses.ts';
import type { Addend } from './placement.ts';
import { withLabelName } from './worker-label.ts';

/** What one process said: now, or before it fell silent. */
export interface Statement {
  /** The process's name. */
  readonly owner: string;
  readonly tables: readonly FamilyTable[];
  /** Where it is false, the counters, histograms and summaries still count, and the gauges do not. */
  readonly isFresh: boolean;
}

/** Makes of the tables of all processes those of the whole, time and again. */
export class Aggregate {
  private readonly workerLabel: string | undefined;
  private known: ReadonlyMap<string, Known> = new Map();

  /** With a label, nothing is summed: each process's series get its name as that label. */
  constructor(workerLabel?: string | undefined) {
    this.workerLabel = workerLabel;
  }

  /** One at a time. Where the processes contradict each other, the first one is right. */
  async of(statements: readonly Statement[]): Promise<{ tables: readonly FamilyTable[]; losses: readonly Loss[] }> {
    const losses = new Losses();
    const tables: FamilyTable[] = [];
    const known = new Map<string, Known>();
    for (const [name, addends] of byName(statements, losses)) {
      const heads = addends.map(({ table }) => table.head);
      const { type, aggregator = 'sum' } = heads[0] as FamilyHead;
      if (aggregator === 'omit' && !isCumulative(type) && this.workerLabel === undefined) continue;
      const last = this.known.get(name);
      const sum = last?.head.type === type ? last.sum : new FamilySum(this.workerLabel);
      const isKnown = last?.heads.length === heads.length && heads.every((head, i) => head === last.heads[i]);
      const head = isKnown ? last.head : this.headOf(heads, last?.head);
      known.set(name, { heads, head, sum });
      const { series, values, differ } = await sum.sum(addends, isCumulative(type) ? 'sum' : aggregator);
      if (differ) losses.note({ message: `${name}: its bounds differ between processes; the first one's are kept` });
      tables.push({ head, series, values });
    }
    this.known = known;
    return { tables, losses: losses.list };
  }

  /** That of the first process, with the label names of all. */
  private headOf(heads: readonly FamilyHead[], last: FamilyHead | undefined): FamilyHead {
    const { labelNames: _, ...head } = heads[0] as FamilyHead;
    const names = heads.every(({ labelNames }) => labelNames !== undefined)
      ? [...new Set(heads.flatMap(({ labelNames = [] }) => labelNames))]
      : undefined;
    const labelNames = names && this.workerLabel !== undefined ? withLabelName(names, this.workerLabel) : names;
    const merged: FamilyHead = { ...head, ...(labelNames !== undefined && { labelNames }) };
    return last !== undefined && isDeepStrictEqual(merged, last) ? last : merged;
  }
}

interface Known {
  /** Those of the processes, and what has become of them. */
  readonly heads: readonly FamilyHead[];
  readonly head: FamilyHead;
  readonly sum: FamilySum;
}

/** The addends of each family, those that speak now in front. */
function byName(statements: readonly Statement[], losses: Losses): Map<string, Addend[]> {
  const families = new Map<string, Addend[]>();
  for (const { owner, tables, isFresh } of [...statements].sort((a, b) => Number(b.isFresh) - Number(a.isFresh))) {
    for (const table of tables) {
      const { name, type } = table.head;
      if (!isFresh && !isCumulative(type)) continue;
      const addends = families.get(name) ?? [];
      const first = addends[0]?.table.head.type ?? type;
      if (type === first) addends.push({ owner, table, isFresh });
      else losses.note({ message: `${name}: it is a ${first}, and of another process a ${type}, which is left out` });
      families.set(name, addends);
    }
  }
  return families;
}
