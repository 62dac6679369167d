import { readFamily } from '../model/document.ts';
import { createFamily, type Family, type Instant, type PollMoment, updateFamily } from '../model/family.ts';
import { createHistory, markGap } from '../model/history.ts';

/** Maximum number of moments in the histories of all families, of 16 bytes and a little more each. */
const MAX_MOMENTS = 600_000;
const MAX_MOMENTS_PER_FAMILY = 600;
const MIN_MOMENTS_PER_FAMILY = 60;

/** Maximum number of series in a family whose series all have a history. */
const MAX_SERIES_PER_FAMILY = 50;
/** Maximum number of series with a history in all such families. */
const MAX_SERIES_WITH_HISTORY = 1000;

/** The families of the last polls, with a bounded history. */
export class Store {
  private readonly byName = new Map<string, Family>();
  private polls = 0;
  private changes = 0;
  /** Whether a series may be the sum of others, in families that are added from now on. */
  canRollUp = true;

  get families(): ReadonlyMap<string, Family> {
    return this.byName;
  }

  /** Number that increases when families or series appear or disappear. */
  get revision(): number {
    return this.changes;
  }

  /** Adds the document of a poll. `requested` are the names in the request; undefined for the whole document. */
  addPoll(document: object, requested: readonly string[] | undefined, at: Instant): PollMoment {
    const content = new Map(Object.entries(document));
    const hasRemoved = this.removeMissing(content, requested);
    const moment = this.nextMoment(at);
    let hasAdded = false;
    for (const [name, raw] of content) {
      const family = this.byName.get(name) ?? createFamily(name, this);
      const { length } = family.series;
      updateFamily(family, readFamily(raw), moment);
      if (!this.byName.has(name) || family.series.length !== length) hasAdded = true;
      this.byName.set(name, family);
    }
    this.startHistories();
    if (hasRemoved || hasAdded) this.changes++;
    return moment;
  }

  /** Interrupts all histories after a failed poll. */
  markGap(at: Instant): PollMoment {
    const moment = this.nextMoment(at);
    for (const { history, series } of this.byName.values()) {
      markGap(history, moment);
      for (const one of series) if (one.history) markGap(one.history, moment);
    }
    return moment;
  }

  /**
   * Removes families that are missing from a whole document. A requested family that is missing from a part of the
   * document becomes empty, as it is on screen.
   */
  private removeMissing(content: Map<string, unknown>, requested: readonly string[] | undefined): boolean {
    let hasRemoved = false;
    for (const name of requested ?? this.byName.keys()) {
      if (content.has(name)) continue;
      if (requested !== undefined) content.set(name, {});
      else if (this.byName.delete(name)) hasRemoved = true;
    }
    return hasRemoved;
  }

  private nextMoment(at: Instant): PollMoment {
    const share = Math.floor(MAX_MOMENTS / Math.max(1, this.byName.size));
    const limit = Math.max(MIN_MOMENTS_PER_FAMILY, Math.min(MAX_MOMENTS_PER_FAMILY, share));
    return { ...at, poll: this.polls++, limit };
  }

  /** Starts histories for the series of small families. */
  private startHistories(): void {
    let count = 0;
    for (const { series } of this.byName.values()) {
      const { length } = series;
      if (length < 2 || length > MAX_SERIES_PER_FAMILY || count + length > MAX_SERIES_WITH_HISTORY) continue;
      count += length;
      for (const one of series) one.history ??= createHistory(1);
    }
  }
}
