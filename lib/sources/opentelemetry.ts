import {
  type AggregationSelector,
  AggregationTemporality,
  type CollectionResult,
  MetricReader,
  type MetricReaderOptions,
} from '@opentelemetry/sdk-metrics';
import { MetricsError } from '../model/errors.ts';
import type { MetricsSource, Scrape } from '../model/metrics-source.ts';
import { abortable } from '../util/abortable.ts';
import { checkOptions } from '../util/check-options.ts';
import { type Check, expect, expecting } from '../util/expect.ts';
import { CALLBACK_SHARE } from '../util/time-shares.ts';
import { type Conversion, type ConversionOptions, conversion, resourceAttributes } from './opentelemetry/conversion.ts';
import { TRANSLATION_STRATEGIES } from './opentelemetry/names.ts';

/** What `openTelemetrySource` takes. Everything has a default. */
export interface OpenTelemetrySourceOptions extends ConversionOptions {
  /** The aggregation of instruments that no view is for, as the SDK's own readers take it. */
  aggregationSelector?: AggregationSelector | undefined;
  /** How many series such an instrument may have, likewise; 2,000 where nothing is said. */
  cardinalitySelector?: MetricReaderOptions['cardinalitySelector'] | undefined;
  /** Others whose metrics are collected along with the SDK's, likewise. */
  metricProducers?: MetricReaderOptions['metricProducers'] | undefined;
}

/** What `openTelemetrySource` returns: a source, and the reader that feeds it. */
export interface OpenTelemetrySource extends MetricsSource {
  /** To be given to the one `MeterProvider` that is served. */
  readonly reader: MetricReader;
}

/**
 * Collects an OpenTelemetry `MeterProvider` on each scrape, and translates as the OpenTelemetry specification says
 * ("Prometheus and OpenMetrics Compatibility"). Callbacks of observable instruments get 90 % of the scrape's time; one
 * that fails is reported. A collection that gives nothing fails the scrape.
 *
 * @throws {TypeError} for an option that is unknown or invalid
 * @example
 * const source = openTelemetrySource();
 * const provider = new MeterProvider({ readers: [source.reader] });
 * app.use(metricsRouter({ source }));
 */
export function openTelemetrySource(options: OpenTelemetrySourceOptions = {}): OpenTelemetrySource {
  const { aggregationSelector, cardinalitySelector, metricProducers, ...converting } = checkOptions(
    'openTelemetrySource',
    options,
    CHECKS,
  );
  const reader = new ScrapeReader({
    ...(aggregationSelector && { aggregationSelector }),
    ...(cardinalitySelector && { cardinalitySelector }),
    ...(metricProducers && { metricProducers }),
    aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE,
  });
  let convert: Conversion | undefined;
  return {
    reader,
    async collect(scrape) {
      const { resource, scopeMetrics } = await collected(reader, scrape);
      // A reader is bound to one provider for good, and so to one resource.
      convert ??= conversion(await abortable(resourceAttributes(resource), scrape.signal), converting);
      return convert(scopeMetrics, scrape);
    },
  };
}

async function collected(reader: MetricReader, scrape: Scrape): Promise<CollectionResult['resourceMetrics']> {
  const collection = reader.collect({ timeoutMillis: scrape.timeout * CALLBACK_SHARE });
  const { resourceMetrics, errors } = await abortable(collection, scrape.signal).catch((error) => {
    if (scrape.signal.aborted) throw error;
    throw nothingCollected('is source.reader in the readers of a MeterProvider that is not shut down?', error);
  });
  for (const error of errors) scrape.report(error);
  if (errors.length > 0 && resourceMetrics.scopeMetrics.length === 0) {
    throw nothingCollected('every callback failed', errors[0]);
  }
  return resourceMetrics;
}

const nothingCollected = (reason: string, cause: unknown) =>
  new MetricsError('ERR_METRICS_COLLECTION_FAILED', `the MeterProvider gave nothing: ${reason}`, { cause });

/** Pull-only reader: collects when `collect()` is called. */
class ScrapeReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const isScale = expecting(
  'an integer from -10 to 20',
  '8',
  (value) => Number.isInteger(value) && (value as number) >= -10 && (value as number) <= 20,
);

const isProducer = expecting(
  'an object with a method collect()',
  'a MetricProducer',
  (value) => typeof (value as { collect?: unknown } | null | undefined)?.collect === 'function',
);

const CHECKS: Record<keyof OpenTelemetrySourceOptions, Check> = {
  translationStrategy: expect.oneOf(...TRANSLATION_STRATEGIES),
  targetInfo: expect.boolean,
  scopeLabels: expect.boolean,
  resourceLabels: expect.listOf('a list of attribute keys', '["service.name"]', expect.string),
  maxScale: isScale,
  aggregationSelector: expect.func,
  cardinalitySelector: expect.func,
  metricProducers: expect.listOf('a list of metric producers', '[producer]', isProducer),
};
