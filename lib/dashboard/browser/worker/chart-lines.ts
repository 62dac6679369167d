import type { Family, Series } from '../model/family.ts';
import { replaySeries } from '../model/windows.ts';

/** Maximum number of series with a line in a chart. */
export const MAX_LINES = 5;

/** Maximum number of series whose history is recorded because they have, or recently had, a line. */
const MAX_TRACKED = 50;

/** Records the history of the series that have a line in the open family's chart. */
export class ChartLines {
  /** The series recorded here, those with a line last. Others have a history anyway. */
  private readonly tracked = new Set<Series>();

  /** Records the first series from now on. Their past is that of the family's samples. */
  setVisible(series: readonly Series[], family: Family, window: number): void {
    for (const one of series.slice(0, MAX_LINES)) {
      if (one.history !== undefined && !this.tracked.delete(one)) continue;
      one.history ??= replaySeries(one, family, window);
      this.tracked.add(one);
    }
    // Series often change places, so those that lose their line are recorded for a while.
    for (const one of this.tracked) if (this.tracked.size > MAX_TRACKED) this.untrack(one);
  }

  /** Drops the recorded histories. */
  clear(): void {
    for (const one of this.tracked) this.untrack(one);
  }

  private untrack(series: Series): void {
    delete series.history;
    this.tracked.delete(series);
  }
}
