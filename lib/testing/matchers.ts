import { checkDocument } from '../reader/check-document.ts';
import type { ScrapedSample } from '../reader/document.ts';
import { ambiguityError, notFoundMessage, seriesWith } from '../reader/find-series.ts';
import { checkSeries, type Labels, toLabelSet } from '../reader/labels.ts';
import { linesText, sampleText, seriesText } from '../reader/series-text.ts';

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
   * Passes if the document has a series with these labels and, if one is given, this value. `labels` may be some of
   * the series' labels. `value` is a number, an asymmetric matcher such as `expect.any(Number)`, or some members of a
   * histogram or summary, such as `{ count: 3 }`.
   *
   * @throws {MetricsError} `ERR_METRICS_METRIC_AMBIGUOUS` when a value is given and several series have the labels
   */
  toHaveMetric(name: string, labels?: Labels, value?: unknown): R;
}

declare global {
  // Merges with Jest's types. Vitest up to 4 extends this namespace. Without either, it declares unused types.
  namespace jest {
    interface Matchers<R, T> extends MetricMatchers<R> {}
  }
  // Vitest extends this one. Its own `Matchers` has other type parameters in 5 than in 4, and no declaration fits both.
  namespace Chai {
    interface Assertion extends MetricMatchers<void> {}
  }
}

/** The part of a matcher's context that is used here; Jest and Vitest both provide it. */
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
  const document = checkDocument('toHaveMetric', 'received', received, 'scrapeMetrics(app)');
  checkSeries('toHaveMetric', name, labels);
  const found = seriesWith(document, name, labels);
  const hasValue = value !== undefined;
  if (hasValue && found.length > 1) throw ambiguityError(name, labels, found);
  const { utils } = this;
  const isEqual = ({ value: actual }: ScrapedSample) => this.equals(actual, value, [utils.subsetEquality]);
  const pass = found.length > 0 && (!hasValue || found.every(isEqual));

  return {
    pass,
    message() {
      const wanted = seriesText(name, toLabelSet(labels)) + (hasValue ? ` ${utils.stringify(value)}` : '');
      const expected = `expected ${pass ? 'no metric' : 'the metric'}\n  ${wanted}\n`;
      if (found.length === 0) return expected + notFoundMessage(document, name, labels);
      return `${expected}received${linesText(found.map((sample) => sampleText(name, sample)))}`;
    },
  };
}
