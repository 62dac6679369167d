import type { MetricFamily } from '../model/metric-family.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { checkOptions, requireOptions } from '../util/check-options.ts';
import { type Check, expect, expecting } from '../util/expect.ts';
import { type Fault, member, shown } from '../util/option-error.ts';
import { checkSource } from './check-source.ts';
import { SampleLimiter } from './limit-series/sample-limiter.ts';
import { marksOf } from './source-marks.ts';
import { nameOf, withSamples } from './wrapped-family.ts';

/** Options of `limitSeries`. All but `perFamily` have defaults. */
export interface LimitSeriesOptions {
  /** Maximum number of series of each family. The first ones are served, in the source's order. */
  readonly perFamily: number;
  /**
   * Family name → maximum number of its series, for families with another limit.
   * @default {}
   */
  readonly families?: Readonly<Record<string, number>> | undefined;
  /**
   * Name of the gauge with the number of series that were left out of each family. It is the last family, and missing if
   * no series was left out. Limited sources that are combined need different names.
   * @default 'metrics_series_over_limit'
   */
  readonly reportAs?: string | undefined;
}

/** Maximum number of families that are reported to be over their limit. */
const MAX_REPORTED = 1_000;

const CHECKS = {
  perFamily: expect.positiveInteger,
  families: isLimits,
  reportAs: expecting(
    'the name of a family',
    '"metrics_series_over_limit"',
    (value) => typeof value === 'string' && value !== '',
  ),
} satisfies Record<keyof LimitSeriesOptions, Check>;

/**
 * Limits the number of series of each family, so that a label whose values come from clients cannot make the document
 * grow without bound. With prom-client, the first series are the oldest ones: they are served, and new ones are left out
 * until old ones are removed.
 *
 * Series that are left out are counted, unless the query excludes the gauge: in an array by its length, in other samples
 * by reading them to their end. They are not buffered.
 *
 * @throws {TypeError} for an unknown, missing or invalid option, which it names
 * @example
 * metricsRouter({ source: limitSeries(source, { perFamily: 10_000, families: { queue_depth: 50_000 } }) });
 */
export function limitSeries(source: MetricsSource, options: LimitSeriesOptions): MetricsSource {
  checkSource('limitSeries', source);
  const checked = checkOptions('limitSeries', options, CHECKS);
  requireOptions('limitSeries', checked, CHECKS, 'perFamily');
  const { perFamily, families = {}, reportAs = 'metrics_series_over_limit' } = checked;
  const limits = new Map(Object.entries(families));

  return {
    ...marksOf(source),
    async *collect(scrape) {
      const isCounted = scrape.wants(reportAs);
      const over = new Map<string, number>();
      for await (const family of await source.collect(scrape)) {
        const name = nameOf(family);
        const first = new SampleLimiter(limits.get(name) ?? perFamily);
        try {
          yield withSamples(family, ({ samples }) => first.apply(samples));
          // The next family was requested, so that this one was read.
          const count = isCounted ? await first.countExcess(scrape) : 0;
          if (count > 0 && over.size < MAX_REPORTED && !over.has(name)) over.set(name, count);
        } finally {
          void first.close();
        }
      }
      if (over.size > 0) yield reportOf(over, reportAs);
    },
  };
}

function isLimits(value: unknown): Fault | undefined {
  // Excludes arrays and Maps, whose entries would be ignored.
  const isPlain = Object.prototype.toString.call(value) === '[object Object]';
  if (!isPlain) return { expected: 'an object of limits by family', write: '{ queue_depth: 50_000 }' };
  for (const [name, limit] of Object.entries(value as object)) {
    const fault = expect.positiveInteger(limit);
    if (fault !== undefined) return { got: shown(limit), ...fault, at: member(name) };
  }
  return undefined;
}

function reportOf(over: ReadonlyMap<string, number>, name: string): MetricFamily {
  return {
    name,
    type: 'gauge',
    help: 'Series left out because their family has reached its limit.',
    labelNames: ['family'],
    samples: Array.from(over, ([family, value]) => ({ labels: { family }, value })),
  };
}
