import { readFamily } from '../model/document.ts';
import { createFamily, type Family, type Instant, type PollMoment, updateFamily } from '../model/family.ts';
import { createHistory, markGap } from '../model/history.ts';

/** All that is known of the families: what the last polls said, and what they were over time, within limits. */
export interface Store {
  readonly families: ReadonlyMap<string, Family>;
  /** Grows when there are other families, or series, than before. */
  readonly revision: number;
  /** Takes a document. `asked` are the families that it was asked for; undefined for all. */
  addPoll(document: object, asked: readonly string[] | undefined, at: Instant): PollMoment;
  /** Says that nothing is known since. */
  markGap(at: Instant): PollMoment;
}

/** For all families together: 600,000 moments of 16 bytes and a little more. */
const MOMENTS = 600_000;
const MOMENTS_PER_FAMILY = 600;
/** In a family of up to this many series each has a history from the start, while there are few such series in all. */
const FEW_SERIES = 50;
const SERIES_WITH_HISTORY = 1000;

export function createStore(): Store {
  const families = new Map<string, Family>();
  let revision = 0;
  let polls = 0;

  function next(at: Instant): PollMoment {
    const fair = Math.floor(MOMENTS / Math.max(1, families.size));
    return { ...at, poll: polls++, limit: Math.max(60, Math.min(MOMENTS_PER_FAMILY, fair)) };
  }

  function keepHistories(): void {
    let kept = 0;
    for (const { series } of families.values()) {
      if (series.length < 2 || series.length > FEW_SERIES || kept + series.length > SERIES_WITH_HISTORY) continue;
      kept += series.length;
      for (const one of series) one.history ??= createHistory(1);
    }
  }

  return {
    families,
    get revision() {
      return revision;
    },
    addPoll(document, asked, at) {
      let isOther = false;
      const content = new Map(Object.entries(document));
      for (const name of asked ?? families.keys()) {
        // Gone from a whole document it is forgotten; from a part it is empty, since somebody looks at it.
        if (content.has(name)) continue;
        if (asked !== undefined) content.set(name, {});
        else if (families.delete(name)) isOther = true;
      }
      const moment = next(at);
      for (const [name, raw] of content) {
        const family = families.get(name) ?? createFamily(name);
        const { length } = family.series;
        updateFamily(family, readFamily(raw), moment);
        if (!families.has(name) || family.series.length !== length) isOther = true;
        families.set(name, family);
      }
      keepHistories();
      if (isOther) revision++;
      return moment;
    },
    markGap(at) {
      const moment = next(at);
      for (const { history, series } of families.values()) {
        markGap(history, moment);
        for (const one of series) if (one.history) markGap(one.history, moment);
      }
      return moment;
    },
  };
}
