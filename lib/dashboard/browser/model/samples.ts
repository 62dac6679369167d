import { isCumulative, type MetricType } from './document.ts';
import type { PollMoment } from './history.ts';

/** Longest window (s) that the page offers. */
export const MAX_WINDOW = 900;

/** Column of a series' value, or of a histogram's or summary's count. */
export const VALUE = 0;
/** Column of a histogram's or summary's sum. Its cumulative counts, or quantiles, follow. */
export const SUM = 1;
export const FIRST_POINT = 2;

/** Number of samples from which a whole `MAX_WINDOW` is kept. With fewer, only the selected window is. */
const ENOUGH = 60;

/** Age (s) at which samples are kept half as densely as the latest. */
const HALF_DENSITY_AGE = 120;

/** Time (s) by which a window may be too short, as polls are not exactly on time. */
const TOLERANCE = 0.25;

/** The numbers of all series of a family at the moment of a poll: a row of columns for each slot. */
export interface Sample {
  readonly moment: PollMoment;
  /** NaN where there is no number. A slot that did not exist yet is missing. */
  readonly values: Float64Array;
  /** Whether there were other series, which are gone by now. */
  readonly isPartial?: boolean;
}

interface KeptSample extends Sample {
  /** Slots whose counts have started again since the sample before. */
  resets: ReadonlySet<number>;
}

/** The time between two samples, given by their indexes. */
export interface Span {
  readonly from: number;
  readonly to: number;
  /** Zero when there is only one sample. */
  readonly seconds: number;
  /** Samples within the span before which a count has started again. */
  readonly resets: readonly number[];
}

/** How many samples are kept, and which window (s) must be covered at least. */
export interface Retention {
  readonly count: number;
  readonly window: number;
}

const NO_RESETS: ReadonlySet<number> = new Set();

/**
 * The last samples of a family, oldest first, from which all rates, quantiles and lines are derived. Their number is
 * bounded; older ones are further apart.
 */
export class Samples {
  /** Number of columns of a slot. */
  readonly width: number;
  private readonly type: MetricType;
  private list: KeptSample[] = [];
  /** Time (s, monotonic) of the last sample in which there was a series that is gone by now. */
  private lastLoss = Number.NEGATIVE_INFINITY;

  constructor(type: MetricType, width: number) {
    this.type = type;
    this.width = width;
  }

  get length(): number {
    return this.list.length;
  }

  /** Adds the latest sample, and drops samples that are too old or too many. */
  append(sample: Sample, { count, window }: Retention): void {
    const before = this.list.at(-1);
    if (before !== undefined && hasLost(before, sample)) this.lastLoss = before.moment.clock;
    this.list.push({ ...sample, resets: this.resetsAfter(before, sample) });
    const { clock } = sample.moment;
    this.dropOld(clock, count < ENOUGH ? window : MAX_WINDOW);
    this.thin(count, clock);
  }

  /** Puts samples of the past, oldest first, before those that are known. Later ones than these are ignored. */
  load(past: readonly Sample[], { count }: Retention): void {
    const first = this.list[0];
    const before = past.filter(({ moment }) => first === undefined || moment.clock < first.moment.clock);
    const all: Sample[] = [...before, ...this.list];
    for (const { moment, isPartial } of before)
      if (isPartial === true) this.lastLoss = Math.max(this.lastLoss, moment.clock);
    this.list = all.map((sample, i) => ({ ...sample, resets: this.resetsAfter(all[i - 1], sample) }));
    this.thin(count, all.at(-1)?.moment.clock ?? 0);
  }

  momentAt(index: number): PollMoment {
    return this.list[index]!.moment;
  }

  /** Returns the number of a slot's column in a sample; null if there is none. */
  valueAt(index: number, slot: number, column: number = VALUE): number | null {
    const value = this.list[index]?.values[slot * this.width + column];
    return value === undefined || Number.isNaN(value) ? null : value;
  }

  /** Returns the time of about `window` seconds before a sample, as far as samples exist. */
  span(window: number, to: number = this.list.length - 1): Span {
    const end = this.list[to]?.moment.clock ?? 0;
    let from = to;
    do from--;
    while (from > 0 && end - this.list[from]!.moment.clock < window - TOLERANCE);
    return this.between(from < 0 ? to : from, to);
  }

  /** Returns the time between two samples. */
  between(from: number, to: number): Span {
    const resets: number[] = [];
    for (let i = from + 1; i <= to; i++) if (this.list[i]!.resets.size > 0) resets.push(i);
    const clockAt = (index: number) => this.list[index]?.moment.clock ?? 0;
    return { from, to, seconds: clockAt(to) - clockAt(from), resets };
  }

  /** Returns the index of the first sample, from a given one on, since which no series has gone. */
  firstWithoutLoss(from: number): number {
    let first = from;
    while (first < this.list.length - 1 && this.list[first]!.moment.clock <= this.lastLoss) first++;
    return first;
  }

  /** Returns the increase of a count within the span, across resets; null if it is not known. */
  increase(slot: number, column: number, { from, to, resets }: Span): number | null {
    const start = this.firstKnown(slot, from, to);
    const end = this.valueAt(to, slot, column);
    if (start === to || end === null) return null;
    let base = this.valueAt(start, slot, column) ?? 0;
    let sum = 0;
    for (const i of resets) {
      if (i <= start || !this.list[i]!.resets.has(slot)) continue;
      sum += Math.max(0, (this.valueAt(i - 1, slot, column) ?? 0) - base);
      base = 0;
    }
    return sum + end - base;
  }

  /** Keeps only some slots, in a new order. */
  remap(slots: readonly number[]): void {
    const { width } = this;
    this.list = this.list.map(({ moment, values, resets }) => {
      const moved = new Float64Array(slots.length * width).fill(Number.NaN);
      for (const [to, from] of slots.entries())
        moved.set(values.subarray(from * width, (from + 1) * width), to * width);
      const reset = resets.size === 0 ? resets : new Set([...slots.keys()].filter((to) => resets.has(slots[to]!)));
      return { moment, values: moved, resets: reset };
    });
  }

  /** A series may be younger than the span. */
  private firstKnown(slot: number, from: number, to: number): number {
    let first = from;
    while (first < to && this.valueAt(first, slot) === null) first++;
    return first;
  }

  private resetsAfter(before: Sample | undefined, { values }: Sample): ReadonlySet<number> {
    if (before === undefined || !isCumulative(this.type)) return NO_RESETS;
    const { width, type } = this;
    const resets = new Set<number>();
    for (let i = 0; i < values.length; i++) {
      if (!(values[i]! < before.values[i]!)) continue;
      const column = i % width;
      if (column === VALUE || (type === 'histogram' && column >= FIRST_POINT)) resets.add((i - column) / width);
    }
    return resets.size === 0 ? NO_RESETS : resets;
  }

  /** Drops samples that no window needs. The one before a window is its start. */
  private dropOld(now: number, window: number): void {
    const ageOf = (index: number) => now - this.list[index]!.moment.clock;
    while (this.list.length > 2 && (ageOf(1) > window || ageOf(0) > 2 * window)) this.drop(0);
  }

  /** Drops the least important samples until there are `count`, or the two that a rate needs. */
  private thin(count: number, now: number): void {
    while (this.list.length > Math.max(2, count)) this.drop(leastImportant(this.list, now));
  }

  private drop(index: number): void {
    const [dropped] = this.list.splice(index, 1);
    const next = this.list[index];
    if (next !== undefined && index > 0 && dropped!.resets.size > 0)
      next.resets = new Set([...next.resets, ...dropped!.resets]);
  }
}

/** Whether a slot with a value in the sample before has none. */
function hasLost({ values: before }: Sample, { values }: Sample): boolean {
  for (let i = 0; i < before.length; i++)
    if (!Number.isNaN(before[i]!) && Number.isNaN(values[i] ?? Number.NaN)) return true;
  return false;
}

/** Returns the index of the sample, neither the first nor the last, that leaves the smallest gap for its age. */
function leastImportant(list: readonly Sample[], now: number): number {
  let smallest = Infinity;
  let found = 1;
  for (let i = 1; i < list.length - 1; i++) {
    const next = list[i + 1]!.moment.clock;
    const gap = (next - list[i - 1]!.moment.clock) / (now - next + HALF_DENSITY_AGE);
    if (gap < smallest) {
      smallest = gap;
      found = i;
    }
  }
  return found;
}
