/** Values over time, oldest first: a time (Unix, seconds) for each place of every column. */
export interface History {
  readonly times: number[];
  readonly columns: (number | null)[][];
}

export function createHistory(columns: number): History {
  return { times: [], columns: Array.from({ length: columns }, () => []) };
}

/**
 * Adds a moment. At most `limit` are kept: when there are more, every second one of the older half goes, so that what is
 * recent stays as fine as it was polled and what is old gets coarser, but stays.
 */
export function record(history: History, time: number, values: readonly (number | null)[], limit: number): void {
  history.times.push(time);
  for (const [i, column] of history.columns.entries()) column.push(drawable(values[i]));
  if (history.times.length <= limit) return;
  const half = history.times.length >> 1;
  const keep = (_: unknown, i: number) => i >= half || i % 2 === 0;
  replace(history.times, history.times.filter(keep));
  for (const column of history.columns) replace(column, column.filter(keep));
}

/** Nothing is known of the time since: a line must not go across. */
export function interrupt(history: History, time: number, limit: number): void {
  const isGap = history.columns.every((column) => column.at(-1) === null);
  if (history.times.length > 0 && !isGap) record(history, time, [], limit);
}

/** A line has no place for infinity. */
const drawable = (value: number | null | undefined) => (Number.isFinite(value) ? (value as number) : null);

function replace<T>(array: T[], by: readonly T[]): void {
  array.length = 0;
  for (const item of by) array.push(item);
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
