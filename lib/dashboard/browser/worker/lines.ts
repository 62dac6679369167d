import type { Series } from '../model/family.ts';
import { createHistory } from '../model/history.ts';

/** How many lines a chart has. */
export const LINES = 5;
const MAX_REMEMBERED = 50;

/** The series that have a line in the open family's chart, or had one of late. */
export interface Lines {
  /** These have one now. They remember from here on, unless they did all along. */
  draw(series: readonly Series[]): void;
  /** Nobody looks any more. */
  end(): void;
}

export function createLines(): Lines {
  const remembering = new Set<Series>();

  function forget(series: Series): void {
    delete series.history;
    remembering.delete(series);
  }

  return {
    draw(series) {
      for (const one of series.slice(0, LINES)) {
        if (one.history !== undefined && !remembering.delete(one)) continue;
        one.history ??= createHistory(1);
        remembering.add(one);
      }
      // Whoever takes part again after others had the place has kept its line: they change places all the time.
      for (const one of remembering) if (remembering.size > MAX_REMEMBERED) forget(one);
    },
    end() {
      for (const one of remembering) forget(one);
    },
  };
}
