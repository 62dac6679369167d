/** Whether no time (ms) is left. A timer may fire a fraction of a millisecond early, and is not started again for it. */
export const isTimeUp = (left: number): boolean => left < 1;

/**
 * Calls `onTimeUp` once no time is left. `timeLeft` returns it, in ms, and may return more when the timer fires than it
 * did before. Returns the function that stops the timer.
 */
export function countDown(timeLeft: () => number, onTimeUp: () => void): () => void {
  const check = () => {
    const left = timeLeft();
    if (isTimeUp(left)) onTimeUp();
    else timer = setTimeout(check, left);
  };
  let timer = setTimeout(check, timeLeft());
  return () => clearTimeout(timer);
}
