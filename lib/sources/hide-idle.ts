import type { MetricsSource, Scrape } from '../model/metrics-source.ts';
import { checkOptions, requireOptions } from '../util/check-options.ts';
import { type Check, expect } from '../util/expect.ts';
import { checkSource } from './check-source.ts';
import { SeriesActivity } from './hide-idle/series-activity.ts';
import { nameOf, withSamples } from './wrapped-family.ts';

/** What `hideIdle` takes besides its source. */
export interface HideIdleOptions {
  /**
   * After how long (ms) without a change of its value a series is left out. More than the longest time between two
   * scrapes of anybody, or the last change may be missed.
   */
  readonly idleFor: number;
  /** The families whose series are watched, by name. Hiding a counter's makes `rate()` miss its first increase. */
  readonly families: readonly string[];
}

/**
 * The source without those series of some families whose value has not changed for a while, as KumoMTA prunes series
 * of queues that are gone. Of histograms and summaries, count and sum are compared. What is seen for the first time
 * has just changed.
 *
 * What is kept: for each series of these families that was in the last whole scrape, its value and a key of its labels,
 * of at most 128 characters; some 350 bytes. Label objects count too until the second scrape shows that the source keeps
 * them itself, or that they are of no use. Series for which the 128 MiB of the process have no room are not hidden.
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
    async *collect(scrape) {
      const losses = watchLosses(scrape);
      const absent = new Set(families.filter(scrape.wants));
      for await (const family of await source.collect(losses.scrape)) {
        const name = nameOf(family);
        const activity = activities.get(name);
        if (activity === undefined) {
          yield family;
          continue;
        }
        absent.delete(name);
        const pass = activity.startPass(idleFor);
        yield withSamples(family, (members) => pass.activeSamples(members));
        // The next family is asked for: this one is read.
        if (pass.length !== undefined && !losses.affects(name)) await activity.forgetUnseen(pass);
      }
      for (const name of absent) {
        if (losses.affects(name)) continue;
        activities.get(name)?.close();
        activities.set(name, new SeriesActivity());
      }
    },
  };
}

const CHECKS = { idleFor: expect.milliseconds, families: expect.nameList } satisfies Record<
  keyof HideIdleOptions,
  Check
>;

/** What a scrape has lost is not gone for that. */
function watchLosses(scrape: Scrape) {
  const lost = new Set<string | undefined>();
  const report: Scrape['report'] = (error, name) => {
    lost.add(name);
    scrape.report(error, name);
  };
  return {
    scrape: { ...scrape, report },
    affects: (name: string) => lost.has(name) || lost.has(undefined),
  };
}
