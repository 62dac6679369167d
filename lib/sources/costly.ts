import type { MetricsSource } from '../model/metrics-source.ts';

/** Member of sources that ask other processes at each scrape. Other copies of this package have the same. */
const COSTLY = Symbol.for('express-metrics-json:costly');

/**
 * Marks the source into which it is spread. What samples a source without being asked, as the dashboard's history does,
 * is off by default for such a source.
 */
export const costly: object = { [COSTLY]: true };

/** Marks a source if one of those that it wraps is marked. */
export const costOf = (...sources: MetricsSource[]): object => (sources.some(isCostly) ? costly : {});

/** Whether each scrape of the source takes the time of other processes. */
export const isCostly = (source: MetricsSource): boolean =>
  (source as MetricsSource & { readonly [COSTLY]?: boolean })[COSTLY] === true;
