/** Values over time, oldest first. Polls (their numbers), times (Unix, s) and columns have the same length. */
export interface History {
  readonly polls: number[];
  readonly times: number[];
  readonly columns: (number | null)[][];
}

/** The moment of a poll. */
export interface Moment {
  /** Number of the poll. Histories with the same polls can be drawn together. */
  readonly poll: number;
  /** Unix time (s) */
  readonly time: number;
  /** Maximum number of moments in a history. */
  readonly limit: number;
}

/** A moment on both clocks. */
export interface Instant {
  /** Unix time (s) */
  readonly time: number;
  /** Time (s) on a monotonic clock */
  readonly clock: number;
}

export interface PollMoment extends Moment, Instant {}

export function createHistory(columns: number): History {
  return { polls: [], times: [], columns: Array.from({ length: columns }, () => []) };
}

/** Adds a moment, and downsamples old ones. */
export function record(history: History, moment: Moment, values: readonly (number | null)[]): void {
  const last = history.polls.at(-1);
  history.polls.push(moment.poll);
  history.times.push(moment.time);
  for (const [i, column] of history.columns.entries()) column.push(finiteOrNull(values[i]));
  const segment = moment.limit >> 2;
  const isNewSegment = last !== undefined && Math.floor(last / segment) < Math.floor(moment.poll / segment);
  if (isNewSegment) downsample(history, moment.poll - (moment.poll % segment), segment);
}

/** Adds a gap, so that no line is drawn across the time of a failed poll. */
export function markGap(history: History, moment: Moment): void {
  const isGap = history.columns.every((column) => column.at(-1) === null);
  if (history.times.length > 0 && !isGap) record(history, moment, []);
}

/**
 * Keeps all moments of the last two segments, and at most one segment's number of older moments. The choice depends only
 * on the numbers of the polls, so that all histories keep the same moments.
 */
function downsample(history: History, now: number, segment: number): void {
  const recent = now - 2 * segment;
  let step = 1;
  while (recent > step * segment) step *= 2;
  const isKept = history.polls.map((poll) => poll >= recent || poll % step === 0);
  for (const column of history.columns) keepGaps(column, isKept);
  for (const list of [history.polls, history.times, ...history.columns]) replace<number | null>(list, isKept);
}

/** Moves a gap that is removed to the next moment that is kept, unless that follows a gap. */
function keepGaps(column: (number | null)[], isKept: readonly boolean[]): void {
  let isGap = false;
  let before: number | null = null;
  for (const [i, value] of column.entries()) {
    if (value === null) isGap = true;
    if (!isKept[i]) continue;
    if (isGap && before !== null) column[i] = null;
    before = column[i]!;
    isGap = false;
  }
}

/** Replaces infinities, which cannot be drawn. */
const finiteOrNull = (value: number | null | undefined) => (Number.isFinite(value) ? (value as number) : null);

function replace<T>(list: T[], isKept: readonly boolean[]): void {
  let length = 0;
  for (const [i, item] of list.entries()) if (isKept[i]) list[length++] = item;
  list.length = length;
}

/**
 * Returns about `moments` moments whose line looks the same at a small size: the lowest value, the highest value and the
 * first gap of each segment of time, and the last moment.
 */
export function createOutline({ times, columns }: History, column: number, moments: number): Outline {
  const values = columns[column] ?? [];
  const drawn: { times: number[]; values: (number | null)[] } = { times: [], values: [] };
  const first = times[0] ?? 0;
  const segment = ((times.at(-1) ?? 0) - first) / (moments / 2) || 1;
  const segmentOf = (i: number) => Math.floor((times[i]! - first) / segment);
  for (let from = 0, to = 0; from < times.length; from = to) {
    while (to < times.length && segmentOf(to) === segmentOf(from)) to++;
    for (const i of extremes(values, from, to)) {
      drawn.times.push(times[i]!);
      drawn.values.push(values[i]!);
    }
  }
  return drawn;
}

interface Outline {
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
}

function extremes(values: readonly (number | null)[], from: number, to: number): number[] {
  let low = -1;
  let high = -1;
  let gap = -1;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (value === null) gap = gap === -1 ? i : gap;
    else {
      if (low === -1 || value < values[low]!) low = i;
      if (high === -1 || value > values[high]!) high = i;
    }
  }
  const last = to === values.length ? to - 1 : -1;
  return [...new Set([low, high, gap, last])].filter((i) => i !== -1).sort((a, b) => a - b);
}

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly last: number | null;
}

/** Returns the range of the values; undefined without values. */
export function rangeOf(values: readonly (number | null | undefined)[]): Range | undefined {
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (value === null || value === undefined) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min > max ? undefined : { min, max, last: values.at(-1) ?? null };
}
