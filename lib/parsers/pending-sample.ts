import type { HistogramValue, LabelSet, SummaryValue } from '../model/metric-family.ts';
import { excerpt } from './text-cursor.ts';
import { textNumberValue } from './text-number.ts';
import type { SeriesReader } from './text-series.ts';
import type { SeriesRole } from './text-types.ts';

/** Memory (bytes, estimated) of a sample besides its lines. */
const SAMPLE_BYTES = 700;

/** A number, with the time of which it is. */
export interface Timed {
  value: number;
  time: number | undefined;
}

/** Value of a sample, and whether it had to be repaired. */
export interface Assembled<Value> {
  readonly value: Value;
  readonly isRepaired: boolean;
}

/** A histogram or summary that may be incomplete. */
export abstract class PendingSample {
  readonly labels: LabelSet;
  /** Memory (bytes, estimated). */
  bytes = SAMPLE_BYTES;
  /** Number of its first line. */
  readonly line: number;
  /** Whether a series of it does not fit. */
  isMisfit = false;
  protected sum: Timed | undefined;
  protected count: Timed | undefined;
  /** Whether a series came again, without a later time. */
  protected isRepeated = false;
  protected abstract readonly keyLabel: 'le' | 'quantile';

  constructor(labels: LabelSet, line: number) {
    this.labels = labels;
    this.line = line;
  }

  /** Whether its parts come in an order in which none of them needs to be compared with others. */
  abstract readonly isSorted: boolean;
  /** Whether the sample has all its parts. */
  abstract get isComplete(): boolean;
  /** Adds a bucket or a quantile. Returns the reason why it does not fit, if it does not. */
  protected abstract addKeyed(series: SeriesReader): string | undefined;
  /** Returns the value, or the reason why there is none. Uses `lastKeys` if its own keys are equal to them. */
  abstract assemble(lastKeys: readonly number[]): Assembled<HistogramValue | SummaryValue> | string;

  /** Adds a series. Returns the reason why it does not fit, if it does not. */
  add(role: SeriesRole, series: SeriesReader): string | undefined {
    if (role === 'bucket' || role === 'quantile') return this.addKeyed(series);
    if (role === 'sum' || role === 'count') return this.addTotal(role, series);
    return 'expected a bucket, a sum or a count';
  }

  private addTotal(role: 'sum' | 'count', { labels, value, time }: SeriesReader): string | undefined {
    const { keyLabel } = this;
    if (Object.hasOwn(labels, keyLabel)) return `expected a ${role} without the label ${keyLabel}, got one with it`;
    if (role === 'count' && !isCount(value)) return `expected a count, got ${value}`;
    const known = this[role];
    if (known === undefined) this[role] = { value, time };
    else this.replace(known, value, time);
    return undefined;
  }

  /** Keeps the latest of two values of one series or, without times, the first. */
  protected replace(known: Timed, value: number, time: number | undefined): void {
    if (isLater(time, known.time)) Object.assign(known, { value, time });
    else this.isRepeated = true;
  }

  /** Returns the number of the key label, or the reason why there is none. */
  protected keyOf(text: string | undefined): number | string {
    const { keyLabel } = this;
    if (text === undefined) return `expected the label ${keyLabel}, got none`;
    const key = textNumberValue(text);
    return key === undefined || Number.isNaN(key) ? `expected a number, got ${keyLabel}=${excerpt(text)}` : key;
  }
}

export const isCount = (value: number) => Number.isInteger(value) && value >= 0;

/** Whether a value is later than another one of its series. Without a time, it is of now. */
export function isLater(time: number | undefined, other: number | undefined): boolean {
  if (time === undefined && other === undefined) return false;
  const now = Date.now();
  return (time ?? now) > (other ?? now);
}
