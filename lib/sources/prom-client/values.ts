import type {
  Exemplar,
  HistogramValue,
  LabelSet,
  MetricType,
  Sample,
  SummaryValue,
} from '../../model/metric-family.ts';
import { areAscending, sortBuckets } from '../../model/sort-buckets.ts';
import { hasUsualValues, withTexts } from './label-texts.ts';

/** Contents of a metric of prom-client: a value for each line of the text format. */
export interface MetricData {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly values: readonly Line[];
}

interface Line {
  /** The forks have none on the totals of a summary without labels. */
  readonly labels?: LabelSet | undefined;
  readonly value: number;
  /** Set if it is not the family's: `…_bucket`, `…_sum`, `…_count`. */
  readonly metricName?: string;
  readonly exemplar?: PromClientExemplar | null;
}

interface PromClientExemplar {
  readonly labelSet: LabelSet;
  readonly value: number;
  readonly timestamp?: number;
}

/** The samples of a metric. */
export function samplesOf({ name, type, values }: MetricData): readonly Sample[] {
  switch (type) {
    case 'histogram':
      return Array.from(children(name, 'le', values), (child) => ({
        labels: child.labels,
        value: histogramValue(child),
      }));
    case 'summary':
      return Array.from(children(name, 'quantile', values), (child) => ({
        labels: child.labels,
        value: summaryValue(child),
      }));
    default:
      return values.map(({ labels = {}, value, exemplar }) => ({
        labels,
        value,
        ...(exemplar && { exemplar: exemplarOf(exemplar) }),
      }));
  }
}

/** The lines of one label set, put together again. */
interface Child {
  readonly labels: LabelSet;
  /** The values of `le` or `quantile`, and what stands beside each. */
  readonly keys: number[];
  readonly values: number[];
  readonly exemplars: (PromClientExemplar | null | undefined)[];
  sum?: number;
  count?: number;
}

function children(name: string, keyLabel: 'le' | 'quantile', lines: readonly Line[]): Iterable<Child> {
  const found = new Map<string, Child>();
  for (const { labels = {}, value, metricName, exemplar } of lines) {
    const { [keyLabel]: key, ...seriesLabels } = labels;
    const id = idOf(seriesLabels);
    let child = found.get(id);
    if (child === undefined) {
      child = { labels: seriesLabels, keys: [], values: [], exemplars: [] };
      found.set(id, child);
    }
    if (metricName === `${name}_sum`) child.sum = value;
    else if (metricName === `${name}_count`) child.count = value;
    else {
      child.keys.push(key === '+Inf' ? Number.POSITIVE_INFINITY : Number(key));
      child.values.push(value);
      child.exemplars.push(exemplar);
    }
  }
  return found.values();
}

/** `undefined` is another value than `"undefined"`, though it is written so. */
function idOf(labels: LabelSet): string {
  if (hasUsualValues(labels)) return JSON.stringify(labels);
  const texts = withTexts(labels);
  return JSON.stringify(Object.keys(labels).map((name) => [name, typeof labels[name], texts[name]]));
}

function histogramValue({ keys, values, exemplars, sum, count }: Child): HistogramValue {
  const last = keys.indexOf(Number.POSITIVE_INFINITY);
  const length = last === -1 ? keys.length : last;
  const bounds = keys.slice(0, length);
  const cumulativeCounts = values.slice(0, length);
  const hasExemplars = exemplars.some(Boolean);
  const own = hasExemplars ? exemplars.map((exemplar) => (exemplar ? exemplarOf(exemplar) : undefined)) : undefined;
  const total = { count: count ?? values[last] ?? 0, ...(sum !== undefined && { sum }) };
  if (areAscending(bounds)) return { ...total, bounds, cumulativeCounts, ...(own !== undefined && { exemplars: own }) };
  const sorted = sortBuckets(bounds, withoutRepeated(bounds, cumulativeCounts), own);
  return {
    ...total,
    bounds: sorted.bounds,
    cumulativeCounts: sorted.cumulativeCounts,
    ...(own !== undefined && { exemplars: [...sorted.bounds.map((_, i) => sorted.exemplars?.[i]), own[last]] }),
  };
}

/** Returns the cumulative counts with each bound counted once. The client counts a repeated bound again each time. */
function withoutRepeated(bounds: readonly number[], counts: readonly number[]): number[] {
  const seen = new Set<number>();
  let total = 0;
  return counts.map((count, i) => {
    const bound = bounds[i] as number;
    if (!seen.has(bound)) total += count - (counts[i - 1] ?? 0);
    seen.add(bound);
    return total;
  });
}

function summaryValue({ keys, values, sum, count }: Child): SummaryValue {
  return { count: count ?? 0, ...(sum !== undefined && { sum }), quantiles: keys, values };
}

function exemplarOf({ labelSet, value, timestamp }: PromClientExemplar): Exemplar {
  return { labels: withTexts(labelSet), value, ...(timestamp !== undefined && { timestamp }) };
}
