import { readFamily } from '../model/document.ts';
import { createFamily, type Family } from '../model/family.ts';
import { type Instant, markGap, type PollMoment } from '../model/history.ts';
import type { Retention } from '../model/samples.ts';
import {
  loadSamples,
  loadTotals,
  type PastTotal,
  replayFamily,
  stateUnit,
  updateFamily,
} from '../model/update-family.ts';
import { replaySeries, type Window } from '../model/windows.ts';
import type { PastFamily } from './past.ts';

/** Maximum number of moments in the histories of all families and series, of about 40 bytes each. */
const MAX_MOMENTS = 300_000;
const MAX_MOMENTS_EACH = 600;
const MIN_MOMENTS_EACH = 60;

/** Maximum number of series in a family whose series all have a history. */
const MAX_SERIES_PER_FAMILY = 50;
/** Maximum number of series with a history in all such families. */
const MAX_SERIES_WITH_HISTORY = 1000;

/** Maximum number of samples of a family: fewer when there are many series, and at least those of two polls. */
const MAX_SAMPLES = 200;
const MIN_SAMPLES = 3;

/** Maximum number of numbers in the samples of all families, of 8 bytes each. */
const MAX_NUMBERS = 1_000_000;

/** The families of the last polls, with a bounded history. */
export class Store {
  private readonly byName = new Map<string, Family>();
  private polls = 0;
  private changes = 0;
  private seriesWithHistory = 0;
  /** Whether a series may be the sum of others, in families that are added from now on. */
  canRollUp = true;
  private selectedWindow: Window = 60;
  private latest: PollMoment | undefined;

  get families(): ReadonlyMap<string, Family> {
    return this.byName;
  }

  /** Number that increases when families or series appear or disappear. */
  get revision(): number {
    return this.changes;
  }

  /** The window (s) of rates and quantiles. */
  get window(): Window {
    return this.selectedWindow;
  }

  set window(window: Window) {
    if (window === this.selectedWindow) return;
    this.selectedWindow = window;
    for (const family of this.byName.values()) replayFamily(family, window);
  }

  /** Adds the document of a poll. `requested` are the names in the request; undefined for the whole document. */
  addPoll(document: object, requested: readonly string[] | undefined, at: Instant): PollMoment {
    const content = new Map(Object.entries(document));
    const hasRemoved = this.removeMissing(content, requested);
    const moment = this.nextMoment(at);
    let hasAdded = false;
    const retention = this.retention();
    for (const [name, raw] of content) {
      const family = this.byName.get(name) ?? createFamily(name, this);
      const { length } = family.series;
      updateFamily(family, readFamily(raw), moment, retention);
      if (!this.byName.has(name) || family.series.length !== length) hasAdded = true;
      this.byName.set(name, family);
    }
    this.startHistories();
    if (hasRemoved || hasAdded) this.changes++;
    return moment;
  }

  /**
   * Adds the units and the past of families, before the samples that are known, and draws their lines from it. Of the
   * families and series in it, only those of the last polls are used. Ages are seconds before `at`.
   */
  load(past: readonly PastFamily[], at: Instant): void {
    const { latest } = this;
    if (latest === undefined) return;
    const retention = this.retention();
    for (const { name, unit, isWhole, moments } of past) {
      const family = this.byName.get(name);
      if (family === undefined || family.samples.length === 0) continue;
      stateUnit(family, unit, retention.window);
      const first = family.samples.momentAt(0);
      const before = moments.filter(({ age }) => at.clock - age < first.clock);
      const samples = before.map(({ age, data, seriesCount }, i): PastTotal => {
        const poll = first.poll - before.length + i;
        return { moment: { ...latest, poll, time: at.time - age, clock: at.clock - age }, data, seriesCount };
      });
      if (isWhole) loadSamples(family, samples, retention);
      else loadTotals(family, samples, retention);
    }
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
    const share = Math.floor(MAX_MOMENTS / Math.max(1, this.byName.size + this.seriesWithHistory));
    const limit = Math.max(MIN_MOMENTS_EACH, Math.min(MAX_MOMENTS_EACH, share));
    this.latest = { ...at, poll: this.polls++, limit };
    return this.latest;
  }

  private retention(): Retention {
    let numbers = 0;
    for (const { slots, samples } of this.byName.values()) numbers += slots * samples.width;
    const share = Math.floor(MAX_NUMBERS / Math.max(1, numbers));
    return { count: Math.max(MIN_SAMPLES, Math.min(MAX_SAMPLES, share)), window: this.selectedWindow };
  }

  /** Starts histories for the series of small families. */
  private startHistories(): void {
    let count = 0;
    for (const family of this.byName.values()) {
      const { series } = family;
      const { length } = series;
      if (length < 2 || length > MAX_SERIES_PER_FAMILY || count + length > MAX_SERIES_WITH_HISTORY) continue;
      count += length;
      for (const one of series) one.history ??= replaySeries(one, family, this.selectedWindow);
    }
    this.seriesWithHistory = count;
  }
}
