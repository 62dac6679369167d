import type { MetricType } from '../model/metric-family.ts';
import type { TextFormat } from './text-cursor.ts';

/** Role of a series in its family. */
export type SeriesRole = 'value' | 'bucket' | 'quantile' | 'sum' | 'count' | 'dropped' | 'misplaced';

/** Meaning of the word after `# TYPE`. */
export interface TextType {
  readonly type: MetricType;
  /** Suffix that the model appends to the family's name in the document. */
  readonly suffix?: string;
  /** Roles of the series, by the suffix that follows the family's name. */
  readonly series: Readonly<Record<string, SeriesRole>>;
}

const VALUE = { '': 'value' } as const;
const HISTOGRAM = { '': 'misplaced', _bucket: 'bucket', _sum: 'sum', _count: 'count' } as const;
const SUMMARY = { '': 'quantile', _sum: 'sum', _count: 'count' } as const;
const CREATED = { _created: 'dropped' } as const;

/** Type of series without a `# TYPE`. */
export const UNTYPED: TextType = { type: 'untyped', series: VALUE };

/** @see https://prometheus.io/docs/instrumenting/exposition_formats */
const PROMETHEUS_TYPES: Readonly<Record<string, TextType>> = {
  counter: { type: 'counter', series: VALUE },
  gauge: { type: 'gauge', series: VALUE },
  histogram: { type: 'histogram', series: HISTOGRAM },
  summary: { type: 'summary', series: SUMMARY },
  untyped: UNTYPED,
};

/** @see https://prometheus.io/docs/specs/om/open_metrics_spec */
const OPEN_METRICS_TYPES: Readonly<Record<string, TextType>> = {
  counter: { type: 'counter', suffix: '_total', series: { '': 'misplaced', _total: 'value', ...CREATED } },
  gauge: { type: 'gauge', series: VALUE },
  histogram: { type: 'histogram', series: { ...HISTOGRAM, ...CREATED } },
  gaugehistogram: {
    type: 'histogram',
    series: { '': 'misplaced', _bucket: 'bucket', _gsum: 'sum', _gcount: 'count', ...CREATED },
  },
  summary: { type: 'summary', series: { ...SUMMARY, ...CREATED } },
  info: { type: 'gauge', suffix: '_info', series: { '': 'misplaced', _info: 'value' } },
  stateset: { type: 'gauge', series: VALUE },
  unknown: UNTYPED,
};

export function textType(word: string, format: TextFormat): TextType | undefined {
  const types = format === 'openmetrics' ? OPEN_METRICS_TYPES : PROMETHEUS_TYPES;
  return Object.hasOwn(types, word) ? types[word] : undefined;
}
