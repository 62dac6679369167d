import type { Meter, MeterOptions } from '@opentelemetry/api';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  AggregationType,
  type CollectionResult,
  DataPointType,
  MeterProvider,
  type MetricData,
  type MetricProducer,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import {
  type OpenTelemetrySource,
  type OpenTelemetrySourceOptions,
  openTelemetrySource,
} from '../../lib/sources/opentelemetry.ts';
import { type Collected, collectAll } from './collect.ts';

export interface Telemetry {
  readonly source: OpenTelemetrySource;
  readonly provider: MeterProvider;
  /** That of the scope `app`. */
  readonly meter: Meter;
  readonly meterOf: (name: string, version?: string, options?: MeterOptions) => Meter;
  readonly collect: () => Promise<Collected>;
}

/** A provider with a source. Neither target info nor scope labels where nothing is said: most tests are of something else. */
export function telemetry(
  options: OpenTelemetrySourceOptions = {},
  { views = [], resource = resourceFromAttributes({}) }: { views?: ViewOptions[]; resource?: Resource } = {},
): Telemetry {
  const source = openTelemetrySource({ targetInfo: false, scopeLabels: false, ...options });
  const provider = new MeterProvider({ readers: [source.reader], views, resource });
  return {
    source,
    provider,
    meter: provider.getMeter('app'),
    meterOf: (...scope) => provider.getMeter(...scope),
    collect: () => collectAll(source),
  };
}

export const EXPONENTIAL: ViewOptions = {
  instrumentName: '*',
  aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
};

/** Gives what the SDK does not: metrics as they are written down. */
export function producer(
  metrics: readonly Partial<Record<keyof MetricData | 'isMonotonic', unknown>>[],
  scope: Record<string, unknown> = { name: 'made' },
  errors: unknown[] = [],
): MetricProducer {
  const result = {
    resourceMetrics: { resource: resourceFromAttributes({}), scopeMetrics: [{ scope, metrics: metrics.map(whole) }] },
    errors,
  };
  return { collect: async () => result as unknown as CollectionResult };
}

function whole({ descriptor, ...metric }: Parameters<typeof producer>[0][number]) {
  return {
    descriptor: { name: 'made', description: '', unit: '', ...(descriptor as object) },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.GAUGE,
    dataPoints: [],
    ...metric,
  };
}
