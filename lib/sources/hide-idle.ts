import type { MetricsSource, Scrape } from '../model/metrics-source.ts';
import { checkOptions, requireOptions } from '../util/check-options.ts';
import { type Check, expect } from '../util/expect.ts';
import { checkSource } from './check-source.ts';
import { ScrapePass } from './hide-idle/scrape-pass.ts';
import { SeriesActivity } from './hide-idle/series-activity.ts';
import { marksOf } from './source-marks.ts';
import { nameOf, withSamples } from './wrapped-family.ts';

/** Options of `hideIdle`. Both are required. */
export interface HideIdleOptions {
  /**
   * Time (ms) without a change of its value after which a series is left out. Must be longer than the longest interval
   * between two scrapes, or a scraper may miss the last change.
   */
  readonly idleFor: number;
  /** Names of the families whose series may be left out. For counters, `rate()` misses the first increase afterwards. */
  readonly families: readonly string[];
}

const CHECKS = { idleFor: expect.milliseconds, families: expect.nameList } satisfies Record<
  keyof HideIdleOptions,
  Check
>;

/**
 * Leaves out the series of some families whose value has not changed for a while, as KumoMTA removes the series of idle
 * queues. Histograms and summaries are compared by count and sum. A series that is seen for the first time counts as
 * changed.
 *
 * For each series of these families in the last complete scrape, about 350 bytes are kept: its value and a key of its
 * labels, of at most 128 characters. Until the second scrape, its label object is kept as well. The caches of a process
 * share 128 MiB; series beyond that are never left out.
 *
 * @throws {TypeError} for an unknown, missing or invalid option, which it names
 * @example
 * metricsRouter({ source: hideIdle(source, { idleFor: 3_600_000, families: ['queue_depth'] }) });
 */
export function hideIdle(source: MetricsSource, options: HideIdleOptions): MetricsSource {
  checkSource('hideIdle', source);
  const checked = checkOptions('hideIdle', options, CHECKS);
  requireOptions('hideIdle', checked, CHECKS, 'idleFor', 'families');
  const { idleFor, families } = checked;
  const activities = new Map(families.map((name) => [name, new SeriesActivity()]));

  return {
    ...marksOf(source),
    async *collect(scrape) {
      const drops = watchDrops(scrape);
      const absent = new Set(families.filter(scrape.wants));
      for await (const family of await source.collect(drops.scrape)) {
        const name = nameOf(family);
        const activity = activities.get(name);
        if (activity === undefined) {
          yield family;
          continue;
        }
        absent.delete(name);
        const pass = new ScrapePass(activity, idleFor);
        yield withSamples(family, (members) => pass.activeSamples(members));
        // The next family was requested, so that this one was read.
        if (pass.length !== undefined && !drops.affects(name)) await activity.forgetUnseen(pass);
      }
      for (const name of absent) {
        if (drops.affects(name)) continue;
        activities.get(name)?.close();
        activities.set(name, new SeriesActivity());
      }
    },
  };
}

/** Watches the reports of a scrape: series of a family that was dropped still exist. */
function watchDrops(scrape: Scrape) {
  const dropped = new Set<string | undefined>();
  const report: Scrape['report'] = (error, name) => {
    dropped.add(name);
    scrape.report(error, name);
  };
  return {
    scrape: {
      // Not a spread: reading the signal creates it.
      get signal() {
        return scrape.signal;
      },
      timeout: scrape.timeout,
      wants: scrape.wants,
      report,
    },
    affects: (name: string) => dropped.has(name) || dropped.has(undefined),
  };
}
