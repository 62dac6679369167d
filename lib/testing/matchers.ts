import { checkDocument } from './check-document.ts';
import type { ScrapedSample } from './document.ts';
import { absence, ambiguous, seriesWith } from './find-series.ts';
import { type Labels, toLabelSet } from './labels.ts';
import { linesText, sampleText, seriesText } from './series-text.ts';

/**
 * Matchers for the `expect` of Jest and Vitest. Their types come with this module for Vitest and for Jest's global
 * `expect`, and with `express-metrics-json/testing/jest` for that of `@jest/globals`.
 *
 * @example
 * expect.extend(metricMatchers);
 * expect(await scrapeMetrics(app)).toHaveMetric('queue_depth', { queue: 'a' }, 3);
 * expect(await scrapeMetrics(app)).not.toHaveMetric('messages_failed_total', { reason: 'busy' });
 */
export const metricMatchers = { toHaveMetric };

/** What `metricMatchers` adds to `expect(…)`. */
export interface MetricMatchers<R> {
  /**
   * Does the document have a series with these labels and, where one is given, this value? Labels need not be all that
   * the series has. The value is a number, an asymmetric matcher such as `expect.any(Number)`, or of a histogram or
   * summary some of its members, such as `{ count: 3 }`.
   *
   * @throws {MetricsError} `ERR_METRICS_METRIC_AMBIGUOUS` when a value is given, and the labels do not tell whose
   */
  toHaveMetric(name: string, labels?: Labels, value?: unknown): R;
}

declare global {
  // Jest's own types merge with these, and Vitest's up to 4 take them in; where there are neither, they are nobody's.
  namespace jest {
    interface Matchers<R, T> extends MetricMatchers<R> {}
  }
  // Vitest's take these in. Its own `Matchers` has other type parameters in 5 than in 4, and no declaration fits both.
  namespace Chai {
    interface Assertion extends MetricMatchers<void> {}
  }
}

/** What is needed of the context that Jest and Vitest give a matcher. */
interface MatcherContext {
  equals(received: unknown, expected: unknown, customTesters?: unknown[]): boolean;
  readonly utils: { stringify(value: unknown): string; readonly subsetEquality: unknown };
}

function toHaveMetric(
  this: MatcherContext,
  received: unknown,
  name: string,
  labels: Labels = {},
  value?: unknown,
): { pass: boolean; message: () => string } {
  const document = checkDocument('toHaveMetric', 'received', received);
  const found = seriesWith(document, name, labels);
  const hasValue = value !== undefined;
  if (hasValue && found.length > 1) throw ambiguous(name, labels, found);
  const { utils } = this;
  const isEqual = ({ value: actual }: ScrapedSample) => this.equals(actual, value, [utils.subsetEquality]);
  const pass = found.length > 0 && (!hasValue || found.every(isEqual));

  return {
    pass,
    message() {
      const wanted = seriesText(name, toLabelSet(labels)) + (hasValue ? ` ${utils.stringify(value)}` : '');
      const expected = `expected ${pass ? 'no metric' : 'the metric'}\n  ${wanted}\n`;
      if (found.length === 0) return expected + absence(document, name, labels);
      return `${expected}received${linesText(found.map((sample) => sampleText(name, sample)))}`;
    },
  };
}
