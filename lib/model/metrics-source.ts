import type { MetricFamily } from './metric-family.ts';

/**
 * Where the numbers come from: one method, called once per scrape.
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
   * Yields every family that the scrape wants, once. A family is encoded before the next one is
   * asked for. Throwing (or rejecting) fails the scrape; one family's failure is `scrape.report`'s.
   */
  collect(scrape: Scrape): MetricFamilies | Promise<MetricFamilies>;
}

/** What a source gives; an array is one, too. */
export type MetricFamilies = Iterable<MetricFamily> | AsyncIterable<MetricFamily>;

/** What a source is told of the scrape that it answers. */
export interface Scrape {
  /** Aborts when the scrape timed out or its client went away. */
  readonly signal: AbortSignal;
  /** How long (ms) the scrape waits for its source in all: who wants to give what is there by then must be earlier. */
  readonly timeout: number;
  /** False for a family that the query filters out: it need not be collected. */
  wants(familyName: string): boolean;
  /**
   * Says that something was lost; with a family's name, that this family was. The scrape goes on,
   * unless the router's `onSourceError` is `'fail'`.
   */
  report(error: unknown, familyName?: string): void;
}
