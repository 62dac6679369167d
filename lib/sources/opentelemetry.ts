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
import {
  type Conversion,
  type ConversionOptions,
  createConversion,
  resourceAttributes,
} from './opentelemetry/conversion.ts';
import { TRANSLATION_STRATEGIES } from './opentelemetry/names.ts';

/** Options of `openTelemetrySource`. All have defaults. */
export interface OpenTelemetrySourceOptions extends ConversionOptions {
  /**
   * Aggregation of instruments without a view, as in the SDK's readers.
   * @default the SDK's
   */
  aggregationSelector?: AggregationSelector | undefined;
  /**
   * Maximum number of series of instruments without a view, as in the SDK's readers.
   * @default 2,000
   */
  cardinalitySelector?: MetricReaderOptions['cardinalitySelector'] | undefined;
  /**
   * Other producers whose metrics are collected with those of the SDK, as in the SDK's readers.
   * @default []
   */
  metricProducers?: MetricReaderOptions['metricProducers'] | undefined;
}

/** Result of `openTelemetrySource`: a source, and the reader that it collects from. */
export interface OpenTelemetrySource extends MetricsSource {
  /** Reader for the `readers` of the one `MeterProvider` that is served. */
  readonly reader: MetricReader;
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

/**
 * Serves the metrics of an OpenTelemetry `MeterProvider`. Collects it on each scrape, and translates names, units and
 * labels as specified in OpenTelemetry, "Prometheus and OpenMetrics Compatibility". Callbacks of observable instruments
 * get 90 % of the scrape's timeout; one that fails is reported. A collection without any metrics because of errors fails
 * the scrape.
 *
 * @throws {TypeError} for an unknown or invalid option
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
      const { resource, scopeMetrics } = await collectFrom(reader, scrape);
      // A reader has the same provider for its whole life, and so the same resource.
      convert ??= createConversion(await abortable(resourceAttributes(resource), scrape.signal), converting);
      return convert(scopeMetrics, scrape);
    },
  };
}

async function collectFrom(reader: MetricReader, scrape: Scrape): Promise<CollectionResult['resourceMetrics']> {
  const collection = reader.collect({ timeoutMillis: scrape.timeout * CALLBACK_SHARE });
  const { resourceMetrics, errors } = await abortable(collection, scrape.signal).catch((error) => {
    if (scrape.signal.aborted) throw error;
    throw nothingCollected('; check that source.reader is in the readers of one that is not shut down', error);
  });
  for (const error of errors) scrape.report(error);
  if (errors.length > 0 && resourceMetrics.scopeMetrics.length === 0) {
    throw nothingCollected(': every callback failed', errors[0]);
  }
  return resourceMetrics;
}

const nothingCollected = (reason: string, cause: unknown) =>
  new MetricsError('ERR_METRICS_COLLECTION_FAILED', `expected metrics of the MeterProvider, got none${reason}`, {
    cause,
  });

/** Pull-only reader: collects when `collect()` is called. */
class ScrapeReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}
