/** Values over time, oldest first: a poll and its time (Unix, seconds) for each place of every column. */
export interface History {
  readonly polls: number[];
  readonly times: number[];
  readonly columns: (number | null)[][];
}

/** When something is known of. */
export interface Moment {
  /** Which poll it was, of all that there were: histories that have the same polls can be drawn together. */
  readonly poll: number;
  /** Unix, seconds */
  readonly time: number;
  /** How many moments a history keeps. */
  readonly limit: number;
}

export function createHistory(columns: number): History {
  return { polls: [], times: [], columns: Array.from({ length: columns }, () => []) };
}

/** Adds a moment, and lets the old ones get coarser. */
export function record(history: History, moment: Moment, values: readonly (number | null)[]): void {
  const last = history.polls.at(-1);
  history.polls.push(moment.poll);
  history.times.push(moment.time);
  for (const [i, column] of history.columns.entries()) column.push(finiteOrNull(values[i]));
  const stretch = moment.limit >> 2;
  const isNewStretch = last !== undefined && Math.floor(last / stretch) < Math.floor(moment.poll / stretch);
  if (isNewStretch) downsample(history, moment.poll - (moment.poll % stretch), stretch);
}

/** Nothing is known of the time since: a line must not go across. */
export function markGap(history: History, moment: Moment): void {
  const isGap = history.columns.every((column) => column.at(-1) === null);
  if (history.times.length > 0 && !isGap) record(history, moment, []);
}

/**
 * Keeps the last two stretches as fine as they were polled, and of what is older as many moments as a stretch has. Which
 * ones depends on the polls' numbers alone, so that all histories keep the same.
 */
function downsample(history: History, now: number, stretch: number): void {
  const recent = now - 2 * stretch;
  let step = 1;
  while (recent > step * stretch) step *= 2;
  const isKept = history.polls.map((poll) => poll >= recent || poll % step === 0);
  for (const column of history.columns) keepGaps(column, isKept);
  for (const list of [history.polls, history.times, ...history.columns]) replace<number | null>(list, isKept);
}

/** A gap that goes is one of the moment after it, unless there is one before that. */
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

/** A line has no place for infinity. */
const finiteOrNull = (value: number | null | undefined) => (Number.isFinite(value) ? (value as number) : null);

function replace<T>(list: T[], isKept: readonly boolean[]): void {
  let length = 0;
  for (const [i, item] of list.entries()) if (isKept[i]) list[length++] = item;
  list.length = length;
}

/**
 * So many moments, or a few more, that look the same when they are drawn small: of every stretch of time the lowest, the
 * highest and the first gap; and the last moment.
 */
export function createOutline({ times, columns }: History, column: number, moments: number): Outline {
  const values = columns[column] ?? [];
  const drawn: { times: number[]; values: (number | null)[] } = { times: [], values: [] };
  const first = times[0] ?? 0;
  const stretch = ((times.at(-1) ?? 0) - first) / (moments / 2) || 1;
  const placeOf = (i: number) => Math.floor((times[i]! - first) / stretch);
  for (let from = 0, to = 0; from < times.length; from = to) {
    while (to < times.length && placeOf(to) === placeOf(from)) to++;
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

/** Undefined without values. */
export function rangeOf(values: readonly (number | null)[]): Range | undefined {
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (value === null) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min > max ? undefined : { min, max, last: values.at(-1) ?? null };
}
