import { MetricsError } from '../model/errors.ts';
import type { Repair } from '../model/parser.ts';
import type { SplitValue } from '../model/series-families.ts';
import type { ReadContext } from './json-labels.ts';

/** How a histogram or summary differs from what is written. */
export interface ValueFault {
  /** Position of the value in the document. */
  readonly position: number;
  /** Why its series must be untyped, if they must. */
  readonly reason: string | undefined;
  readonly isRepaired: boolean;
  /** The value as it is written: of a repeated bucket or quantile the first, and +Inf among the buckets. */
  readonly written: SplitValue;
  /** Number of buckets or quantiles that are not in it because they came before. */
  readonly repeated: number;
}

/** What does not fit in one family. Each kind is reported once, after the family was read. */
export class FamilyFaults {
  /** The histograms and summaries that are not as they are written, or fit no repair. */
  readonly values = new WeakMap<object, ValueFault>();
  /** Number of samples, buckets or quantiles that were dropped because they came before. */
  repeated = 0;
  private readonly name: string;
  private readonly meter: ReadContext['meter'];
  private readonly unreadable = new Tally();
  private readonly droppedOfLarge = new Tally();
  private readonly repaired = new Tally();

  constructor(name: string, meter: ReadContext['meter']) {
    this.name = name;
    this.meter = meter;
  }

  /** Counts a sample that was dropped because it has another structure. */
  dropUnreadable(reason: string): void {
    this.unreadable.add(reason);
  }

  /** Counts a sample that was dropped because its family is too large to become untyped series. */
  dropOfLarge({ position, reason }: ValueFault): void {
    this.droppedOfLarge.add(`byte ${position}: ${reason}`);
  }

  /** Counts a histogram or summary that was repaired. */
  addRepaired({ position }: ValueFault, type: string): void {
    this.repaired.add(`byte ${position}: the ${type} that begins here`);
  }

  /** Reports a member of the family that is left out because it came before. */
  repeatMember(member: 'help' | 'type' | 'value', reason: string): void {
    if (member === 'value') this.drop(`${reason}; the samples of the first are kept`);
    else this.repair('metadata', `${reason}, so the first is kept`);
  }

  repair(kind: Repair['kind'], message: string): void {
    this.meter.onRepair({ family: this.name, kind, message });
  }

  drop(reason: string): void {
    const message = `family "${this.name}": ${reason}`;
    this.meter.onDropped(new MetricsError('ERR_METRICS_INVALID_SAMPLE', message), this.name);
  }

  report(): void {
    const { unreadable, droppedOfLarge, repaired } = this;
    if (repaired.count > 0) {
      const others = repaired.count === 1 ? '' : ` and ${repaired.count - 1} more`;
      this.repair('histogram', `${repaired.first}${others} had to be repaired`);
    }
    if (this.repeated > 0)
      this.repair('repeated', `${this.repeated} of its series came again, and the first of each is served`);
    if (unreadable.count > 0) this.drop(`${unreadable.first}; ${unreadable.count} of the samples were dropped`);
    if (droppedOfLarge.count > 0) {
      const { first, count } = droppedOfLarge;
      this.drop(`${first}; ${count} of the samples were dropped, since the family is large`);
    }
  }
}

/** The first of several findings, and their number. */
class Tally {
  first = '';
  count = 0;

  add(finding: string): void {
    if (this.count === 0) this.first = finding;
    this.count++;
  }
}
