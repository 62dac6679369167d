/** Unix times (s). */
export interface TimeRange {
  readonly min: number;
  readonly max: number;
}

/** A point in time (Unix, s) that the keyboard has moved to. */
export interface TimeSelection {
  readonly time: number;
  /** The other end of the selected range; undefined without one. */
  readonly anchor: number | undefined;
}

/** Number of points that Page Up and Page Down move over. */
const PAGE = 10;

/**
 * Returns the selection after a key, which moves between the points of a chart; undefined if the key does not move. The
 * first key starts at the last point. With `isExtending`, the range begins where the selection was.
 */
export function selectByKey(
  before: TimeSelection | undefined,
  { key, isExtending }: { key: string; isExtending: boolean },
  times: readonly number[],
): TimeSelection | undefined {
  const last = times.length - 1;
  const index = before === undefined ? last : nearest(times, before.time);
  const targets: Readonly<Record<string, number>> = {
    ArrowLeft: index - 1,
    ArrowRight: index + 1,
    PageDown: index - PAGE,
    PageUp: index + PAGE,
    Home: 0,
    End: last,
  };
  const target = Object.hasOwn(targets, key) ? targets[key] : undefined;
  if (target === undefined || last < 0) return undefined;
  const time = times[Math.min(last, Math.max(0, target))]!;
  return { time, anchor: isExtending ? (before?.anchor ?? times[index]) : undefined };
}

/** Returns the selected range; undefined if nothing, or only a point, is selected. */
export function selectedRange(selection: TimeSelection | undefined): TimeRange | undefined {
  if (selection?.anchor === undefined || selection.anchor === selection.time) return undefined;
  const { time, anchor } = selection;
  return { min: Math.min(time, anchor), max: Math.max(time, anchor) };
}

/** Returns the range of all times, each of which are in order; from infinity to its opposite if there are none. */
export function extentOf(all: readonly (readonly number[])[]): TimeRange {
  const known = all.filter((times) => times.length > 0);
  return { min: Math.min(...known.map((times) => times[0]!)), max: Math.max(...known.map((times) => times.at(-1)!)) };
}

function nearest(times: readonly number[], time: number): number {
  let best = 0;
  for (const [i, one] of times.entries()) if (Math.abs(one - time) < Math.abs(times[best]! - time)) best = i;
  return best;
}
