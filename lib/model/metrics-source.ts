import type { MetricFamily } from './metric-family.ts';

/**
 * Supplies the metrics. Its one method is called once per scrape.
 *
 * @example
 * const source: MetricsSource = {
 *   collect: () => [
 *     { name: 'queue_depth', type: 'gauge', help: 'messages waiting', samples: [{ labels: { queue: 'a' }, value: 3 }] },
 *   ],
 * };
 */
export interface MetricsSource {
  /**
   * Returns every family that the scrape wants, once. Each family is encoded before the next one is requested.
   * An error that is thrown fails the scrape; use `scrape.report` for the failure of one family.
   */
  collect(scrape: Scrape): MetricFamilies | Promise<MetricFamilies>;
}

/** The families that a source returns, as an array or another iterable. */
export type MetricFamilies = Iterable<MetricFamily> | AsyncIterable<MetricFamily>;

/** The scrape for which a source collects. */
export interface Scrape {
  /** Aborts when the scrape times out or its client disconnects. */
  readonly signal: AbortSignal;
  /**
   * Total time (ms) for which the scrape waits for its source. A source that wants to return partial results must
   * finish before this.
   */
  readonly timeout: number;
  /** Whether the query includes the family. A family that it excludes need not be collected. */
  wants(familyName: string): boolean;
  /**
   * Reports an error; with a family's name, that this family was dropped. The scrape continues unless the router's
   * `onSourceError` is `'fail'`.
   */
  report(error: unknown, familyName?: string): void;
}
