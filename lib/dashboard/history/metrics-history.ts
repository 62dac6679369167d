import type { MetricFamily, Sample } from '../../model/metric-family.ts';
import { ByteBudget } from './byte-budget.ts';
import { type FamilyHead, FamilyHistory, fitsHead } from './family-history.ts';
import { pointsOf } from './series-row.ts';
import { ValueRing } from './value-ring.ts';

export interface HistorySize {
  /** Number of moments that are kept, the one that is being recorded included. */
  readonly moments: number;
  readonly maxBytes: number;
}

type RecordedFamily = Pick<MetricFamily, 'name' | 'type' | 'help' | 'unit'>;

/**
 * The numbers of the last moments: the totals of all families, and of single series as many as have room, the first of
 * the document first.
 */
export class MetricsHistory {
  readonly ring: ValueRing;
  private readonly budget: ByteBudget;
  private readonly byName = new Map<string, FamilyHistory>();
  private withoutRoom = 0;
  private leftOut = 0;
  private complete = 0;
  /**
   * Families that may have series to remove, in order; the last is tried first. Undefined until a moment needs room.
   */
  private removable: FamilyHistory[] | undefined;

  constructor({ moments, maxBytes }: HistorySize) {
    this.ring = new ValueRing(moments);
    this.budget = new ByteBudget(maxBytes);
  }

  get families(): ReadonlyMap<string, FamilyHistory> {
    return this.byName;
  }

  /** Number of families at the last complete moment that have no room. */
  get leftOutFamilies(): number {
    return this.leftOut;
  }

  /** The number after the last complete moment. */
  get end(): number {
    return this.complete;
  }

  /** Estimated memory in bytes. */
  get size(): number {
    return this.budget.used;
  }

  /** Starts a moment at this time of a clock. */
  beginMoment(clock: number): void {
    this.ring.begin(clock);
    this.withoutRoom = 0;
    this.removable = undefined;
  }

  /** Starts a family of the current moment. */
  beginFamily(family: RecordedFamily): FamilyRecording {
    return new FamilyRecording((first) => this.open(family, first));
  }

  /** Ends the moment. Removes families and series without a value in any moment that is kept. */
  endMoment(): void {
    for (const family of this.byName.values()) {
      if (family.lastSeen < this.ring.start) this.remove(family);
      else family.removeOld();
    }
    this.leftOut = this.withoutRoom;
    this.complete = this.ring.end;
  }

  private open({ name, type, help, unit }: RecordedFamily, first: Sample): FamilyHistory | undefined {
    const points = pointsOf(first.value);
    const head: FamilyHead = { name, type, help: String(help ?? ''), unit: String(unit ?? ''), points };
    let known = this.byName.get(name);
    // The first of two families of one name counts, as in documents.
    if (known?.lastSeen === this.ring.end - 1) return undefined;
    if (known !== undefined && !(known.head.type === type && fitsHead(known.head, first.value))) {
      this.remove(known);
      known = undefined;
    }
    const family = known ?? this.add(head);
    family?.begin();
    return family;
  }

  /** Totals have priority: series are removed to make room for them. */
  private add(head: FamilyHead): FamilyHistory | undefined {
    const { ring, budget } = this;
    const size = FamilyHistory.sizeOf(head, ring);
    while (!budget.hasRoomFor(size) && this.removeLastSeries());
    if (!budget.tryTake(size)) {
      this.withoutRoom++;
      return undefined;
    }
    const family = new FamilyHistory(head, { ring, budget });
    this.byName.set(head.name, family);
    this.removable?.push(family);
    return family;
  }

  /** Looks at a family without series once in a moment only: there may be many, for each of which it is called. */
  private removeLastSeries(): boolean {
    this.removable ??= [...this.byName.values()];
    for (let last = this.removable.at(-1); last !== undefined; last = this.removable.at(-1)) {
      if (last.removeLast()) return true;
      this.removable.pop();
    }
    return false;
  }

  private remove(family: FamilyHistory): void {
    family.release();
    this.byName.delete(family.head.name);
  }
}

/** Records a family at one moment. Its head is known with its first sample. */
export class FamilyRecording {
  private readonly open: (first: Sample) => FamilyHistory | undefined;
  private family: FamilyHistory | undefined;
  private isOpen = false;

  constructor(open: (first: Sample) => FamilyHistory | undefined) {
    this.open = open;
  }

  /** Adds some of its samples. Those that are no samples of its type are left out. */
  add(samples: readonly Sample[]): void {
    for (const sample of samples) {
      if (typeof sample?.labels !== 'object' || sample.labels === null) continue;
      if (!this.isOpen) {
        this.family = this.open(sample);
        this.isOpen = true;
      }
      const { family } = this;
      if (family === undefined) return;
      if (fitsHead(family.head, sample.value)) family.add(sample);
      else family.leftOut++;
    }
  }

  end(): void {
    this.family?.end();
  }

  /** Ends it without the rest of its samples: the moment is a gap. */
  abandon(): void {
    this.family?.abandon();
  }
}
