import { AggregationTemporality, DataPointType, type MetricData, type ScopeMetrics } from '@opentelemetry/sdk-metrics';
import { MetricsError } from '../../model/errors.ts';
import type { MetricFamily, MetricType, Sample } from '../../model/metric-family.ts';
import type { Scrape } from '../../model/metrics-source.ts';
import { type Part, repeatedKeys, SeriesSum } from './equal-series.ts';
import type { Translation } from './names.ts';
import type { SeriesLabels } from './series.ts';
import { layoutOf, typeOf, valueReader } from './values.ts';

export interface FamilyOptions {
  readonly names: Translation;
  /** Maximum scale of exponential histograms. */
  readonly maxScale: number;
  /** A name that no metric may have. */
  readonly reserved: string | undefined;
  seriesOf(scope: ScopeMetrics['scope'], metric: MetricData): SeriesLabels;
}

/** Converts the metrics of all scopes to families. Metrics with the same name and type become one family. */
export async function familiesOf(
  scopes: readonly ScopeMetrics[],
  { wants, report }: Pick<Scrape, 'wants' | 'report'>,
  { names, maxScale, reserved, seriesOf }: FamilyOptions,
): Promise<MetricFamily[]> {
  const drafts = new Map<string, Draft>();
  for (const { scope, metrics } of scopes) {
    for (const metric of metrics) {
      const type = typeOf(metric);
      const { name, unit } = translated(metric, type, names);
      if (!wants(name)) continue;
      const found = drafts.get(name);
      const fault =
        name === reserved
          ? `expected a name other than "${name}", which is reserved for the resource`
          : faultOf(metric, type, name, found);
      if (fault !== undefined) {
        const subject = `metric "${metric.descriptor.name}" of scope "${scope.name}"`;
        report(new MetricsError('ERR_METRICS_INVALID_FAMILY', `${subject} is left out: ${fault}`), name);
        continue;
      }
      const draft = found ?? {
        name,
        type: type as MetricType,
        ...(unit !== undefined && { unit }),
        help: '',
        parts: [],
      };
      // If descriptions differ, the first one is kept.
      draft.help ||= metric.descriptor.description;
      draft.parts.push({ metric, series: seriesOf(scope, metric) });
      drafts.set(name, draft);
    }
  }
  const families: MetricFamily[] = [];
  for (const { help, parts, ...family } of drafts.values()) {
    const samples = samplesOf(family.name, parts, await keysOf(parts), maxScale, report);
    families.push({ ...family, ...(help !== '' && { help }), samples });
  }
  return families;
}

interface Draft {
  readonly name: string;
  readonly unit?: string;
  readonly type: MetricType;
  help: string;
  readonly parts: Part[];
}

function translated({ descriptor, dataPointType }: MetricData, type: MetricType | undefined, { metric }: Translation) {
  return metric(descriptor.name, descriptor.unit, type ?? 'untyped', dataPointType === DataPointType.GAUGE);
}

function faultOf(metric: MetricData, type: MetricType | undefined, name: string, found: Draft | undefined) {
  if (name === '') return 'expected a name, got none';
  if (type === undefined) return `expected a known type of data points, got ${metric.dataPointType}`;
  const isDelta = metric.aggregationTemporality === AggregationTemporality.DELTA;
  if (isDelta && metric.dataPointType !== DataPointType.GAUGE) return 'expected cumulative values, got deltas';
  if (found !== undefined && found.type !== type) {
    return `expected the type ${found.type} of the earlier metric "${name}", got ${type}`;
  }
  return undefined;
}

/** The keys of the label sets that several series have. A failure is that of the family, which fails when it is read. */
const keysOf = (parts: readonly Part[]) => repeatedKeys(parts).catch(() => new Set<string>());

/** Converts samples as they are read, so that a large family does not block the event loop. */
function samplesOf(
  name: string,
  parts: readonly Part[],
  repeated: ReadonlySet<string>,
  maxScale: number,
  report: Scrape['report'],
): Iterable<Sample> {
  let isReported = false;
  return {
    *[Symbol.iterator]() {
      const layout = layoutOf(
        parts.map(({ metric }) => metric),
        maxScale,
      );
      const equal = new SeriesSum();
      for (const { metric, series } of parts) {
        const valueAt = valueReader(metric, layout);
        for (const [i, { attributes }] of metric.dataPoints.entries()) {
          const { labels, key } = series.at(i, attributes);
          const sample = { labels, value: valueAt(i) };
          if (repeated.has(key)) equal.add(key, metric, sample);
          else yield sample;
        }
        series.trim(metric.dataPoints.length);
      }
      yield* equal.samples();
      // The samples may be read more than once.
      if (equal.dropped === 0 || isReported) return;
      isReported = true;
      const message = `family "${name}": ${equal.dropped} samples are left out: earlier ones have the same labels`;
      report(new MetricsError('ERR_METRICS_INVALID_SAMPLE', message));
    },
  };
}
