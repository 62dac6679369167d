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
  /** Meter of the scope `app`. */
  readonly meter: Meter;
  readonly meterOf: (name: string, version?: string, options?: MeterOptions) => Meter;
  readonly collect: () => Promise<Collected>;
}

/** Creates a provider with a source, by default without target info and scope labels. */
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

/** Creates a producer of arbitrary metrics, even those that the SDK does not produce. */
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
