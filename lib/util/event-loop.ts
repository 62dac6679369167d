/** Time (ms) for which scrapes may hold the event loop before other work gets a turn. */
const SLICE_MS = 5;

let sliceEnd = 0;
const waiting: (() => void)[] = [];
let isClaimed = false;

/**
 * Yields to the event loop if the time slice is used up; await it between small pieces of work. All scrapes of the
 * process share one slice and resume one per turn, so that together they hold the loop no longer than one alone.
 */
export function yieldToEventLoop(): Promise<void> | undefined {
  return performance.now() < sliceEnd ? undefined : nextEventLoopTurn();
}

/** Resolves in a later turn of the event loop, when it is the caller's turn to work. */
export function nextEventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(next);
  });
}

/** Takes the current turn and its time slice for the caller's work, if no scrape has done so. */
export function claimTurn(): boolean {
  if (isClaimed || waiting.length > 0) return false;
  isClaimed = true;
  setImmediate(() => {
    isClaimed = false;
  });
  sliceEnd = performance.now() + SLICE_MS;
  return true;
}

// Only an immediate guarantees a turn: write callbacks and `drain` often fire without one in between.
function next(): void {
  sliceEnd = performance.now() + SLICE_MS;
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(next);
}
