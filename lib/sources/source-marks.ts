import type { KeeperElection } from '../model/keeper-election.ts';
import type { MetricsSource } from '../model/metrics-source.ts';

// Members of sources, besides their method, that tell how they can be sampled by what is not a scrape, such as the
// dashboard's history. Other copies of this package have the same keys.

const COSTLY = Symbol.for('express-metrics-json:costly');
const SHARED = Symbol.for('express-metrics-json:shared');

interface Marks {
  readonly [COSTLY]?: boolean;
  readonly [SHARED]?: KeeperElection;
}

/** Marks the source into which it is spread: each scrape of it takes the time of other services. */
export const costly: object = { [COSTLY]: true } satisfies Marks;

/** Marks the source into which it is spread: it is the same in all processes of a cluster. */
export const sharedBy = (election: KeeperElection): object => ({ [SHARED]: election }) satisfies Marks;

/**
 * Returns the marks of a source that wraps others. It is costly if one of them is, and the same in all processes only if
 * all of them are: the numbers of one process would otherwise be shown as the past of another.
 */
export function marksOf(...sources: MetricsSource[]): object {
  const [election, ...others] = new Set(sources.map(electionOf));
  const isShared = election !== undefined && others.length === 0;
  return { ...(sources.some(isCostly) && costly), ...(isShared && sharedBy(election)) };
}

export const isCostly = (source: MetricsSource): boolean => (source as MetricsSource & Marks)[COSTLY] === true;

/** Returns the election among the processes in which the source is the same, if there may be several. */
export const electionOf = (source: MetricsSource): KeeperElection | undefined =>
  (source as MetricsSource & Marks)[SHARED];
