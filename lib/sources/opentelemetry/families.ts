import { AggregationTemporality, DataPointType, type MetricData, type ScopeMetrics } from '@opentelemetry/sdk-metrics';
import { MetricsError } from '../../model/errors.ts';
import type { MetricFamily, MetricType, Sample } from '../../model/metric-family.ts';
import type { Scrape } from '../../model/metrics-source.ts';
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

/** The metrics of all scopes as families; those of one name and type are one family. */
export function familiesOf(
  scopes: readonly ScopeMetrics[],
  { wants, report }: Pick<Scrape, 'wants' | 'report'>,
  { names, maxScale, reserved, seriesOf }: FamilyOptions,
): MetricFamily[] {
  const drafts = new Map<string, Draft>();
  for (const { scope, metrics } of scopes) {
    for (const metric of metrics) {
      const type = typeOf(metric);
      const { name, unit } = translated(metric, type, names);
      if (!wants(name)) continue;
      const found = drafts.get(name);
      const fault = name === reserved ? `the name "${name}" is the resource's` : faultOf(metric, type, name, found);
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
      // Where descriptions differ, the first is kept.
      draft.help ||= metric.descriptor.description;
      draft.parts.push({ metric, series: seriesOf(scope, metric) });
      drafts.set(name, draft);
    }
  }
  return [...drafts.values()].map(({ help, parts, ...family }) => ({
    ...family,
    ...(help !== '' && { help }),
    samples: samplesOf(family.name, parts, maxScale, report),
  }));
}

interface Draft {
  readonly name: string;
  readonly unit?: string;
  readonly type: MetricType;
  help: string;
  readonly parts: Part[];
}

interface Part {
  readonly metric: MetricData;
  readonly series: SeriesLabels;
}

function translated({ descriptor, dataPointType }: MetricData, type: MetricType | undefined, { metric }: Translation) {
  return metric(descriptor.name, descriptor.unit, type ?? 'untyped', dataPointType === DataPointType.GAUGE);
}

function faultOf(metric: MetricData, type: MetricType | undefined, name: string, found: Draft | undefined) {
  if (name === '') return 'it has no name';
  if (type === undefined) return `its data points are of a type that is not known, ${metric.dataPointType}`;
  const isDelta = metric.aggregationTemporality === AggregationTemporality.DELTA;
  if (isDelta && metric.dataPointType !== DataPointType.GAUGE)
    return 'its values are deltas; cumulative ones are wanted';
  if (found !== undefined && found.type !== type) {
    return `it is a ${type}, and the name "${name}" is a ${found.type}'s already, which is kept`;
  }
  return undefined;
}

/** Converted as they are read, so that a large family can be left for a while. */
function samplesOf(name: string, parts: readonly Part[], maxScale: number, report: Scrape['report']): Iterable<Sample> {
  let isReported = false;
  return {
    *[Symbol.iterator]() {
      const layout = layoutOf(
        parts.map(({ metric }) => metric),
        maxScale,
      );
      const seen = new Set<string>();
      let repeated = 0;
      for (const { metric, series } of parts) {
        const valueAt = valueReader(metric, layout);
        for (const [i, { attributes }] of metric.dataPoints.entries()) {
          const { labels, key } = series.at(i, attributes);
          if (seen.size < seen.add(key).size) yield { labels, value: valueAt(i) };
          else repeated++;
        }
        series.trim(metric.dataPoints.length);
      }
      // The samples may be read more than once.
      if (repeated === 0 || isReported) return;
      isReported = true;
      const message = `family "${name}": samples with labels that came before are left out, ${repeated} of them`;
      report(new MetricsError('ERR_METRICS_INVALID_SAMPLE', message));
    },
  };
}
