/** How long (ms) scrapes may hold the event loop before everybody else gets a turn. */
const SLICE_MS = 5;

let sliceEnd = 0;
const waiting: (() => void)[] = [];

/**
 * To be awaited between small pieces of work: returns at once while the slice lasts, and otherwise when
 * the event loop has turned. One slice is shared by all scrapes of the process, and after it they go on
 * one per turn: together they hold the loop no longer than one alone.
 */
export function yieldToEventLoop(): Promise<void> | undefined {
  return performance.now() < sliceEnd ? undefined : nextEventLoopTurn();
}

/** Resolves when the event loop has turned and it is the caller's turn to work. */
export function nextEventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(next);
  });
}

// Only an immediate turns the loop: write callbacks and `drain` often come without a turn in between.
function next(): void {
  sliceEnd = performance.now() + SLICE_MS;
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(next);
}
