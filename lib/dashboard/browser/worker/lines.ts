import type { Series } from '../model/family.ts';
import { createHistory } from '../model/history.ts';

/** How many lines a chart has. */
export const MAX_LINES = 5;
const MAX_TRACKED = 50;

/** The series that have a line in the open family's chart, or had one of late. */
export interface ChartLines {
  /** These have one now. They remember from here on, unless they did all along. */
  setVisible(series: readonly Series[]): void;
  /** Nobody looks any more. */
  clear(): void;
}

export function createChartLines(): ChartLines {
  const tracked = new Set<Series>();

  function untrack(series: Series): void {
    delete series.history;
    tracked.delete(series);
  }

  return {
    setVisible(series) {
      for (const one of series.slice(0, MAX_LINES)) {
        if (one.history !== undefined && !tracked.delete(one)) continue;
        one.history ??= createHistory(1);
        tracked.add(one);
      }
      // Whoever takes part again after others had the place has kept its line: they change places all the time.
      for (const one of tracked) if (tracked.size > MAX_TRACKED) untrack(one);
    },
    clear() {
      for (const one of tracked) untrack(one);
    },
  };
}
