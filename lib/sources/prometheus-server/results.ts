import { MetricsError } from '../../model/errors.ts';
import type { HistogramValue, LabelSet } from '../../model/metric-family.ts';
import { parseNativeHistogram, parseNumber } from './values.ts';

/** One series of an instant vector. */
export interface Series {
  /** Its `__name__`; empty if the query has dropped it. */
  readonly name: string;
  readonly labels: LabelSet;
  readonly value: number | HistogramValue;
}

/** Returns the series of a query's answer, not parsed. @throws {MetricsError} `ERR_METRICS_UPSTREAM_INVALID` */
export function resultOf(data: unknown): readonly unknown[] {
  const { resultType, result } = Object(data) as { resultType?: unknown; result?: unknown };
  if (resultType === 'vector' && Array.isArray(result)) return result;
  if (resultType === 'scalar') return [{ metric: {}, value: result }];
  throw new MetricsError(
    'ERR_METRICS_UPSTREAM_INVALID',
    `expected a query that returns an instant vector or a scalar, got the type ${JSON.stringify(resultType)}`,
  );
}

/**
 * Parses one member of a vector: `{"metric":{"__name__":"up","job":"api"},"value":[1435781451.781,"1"]}`, or `histogram`
 * instead of `value` (Prometheus HTTP API, "Expression query result formats").
 */
export function seriesOf(member: unknown): Series {
  const { metric, value, histogram } = Object(member) as Partial<Record<'metric' | 'value' | 'histogram', unknown>>;
  if (typeof metric !== 'object' || metric === null) throw malformed(member);
  const { __name__: name = '', ...labels } = metric as Record<string, string>;
  const point = (histogram ?? value) as readonly unknown[] | undefined;
  const read = histogram === undefined ? parseNumber(point?.[1]) : parseNativeHistogram(point?.[1]);
  if (read === undefined) throw malformed(member);
  return { name, labels, value: read };
}

const malformed = (member: unknown) =>
  new MetricsError('ERR_METRICS_UPSTREAM_INVALID', `expected a series, got ${JSON.stringify(member).slice(0, 200)}`);
