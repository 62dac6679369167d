import type { MetricType } from '../model/metric-family.ts';
import type { TextFormat } from './text-cursor.ts';

/** Meaning of a series within its family. Series that are `misplaced` make a histogram one of untyped series. */
export type SeriesRole = 'value' | 'bucket' | 'quantile' | 'sum' | 'count' | 'misplaced';

/** Meaning of the word after `# TYPE`. */
export interface TextType {
  readonly word: string;
  readonly type: MetricType;
  /** Suffix that the model appends to the family's name in the document. */
  readonly suffix?: string;
  /** Roles of the series, by the suffix that follows the family's name. */
  readonly series: Readonly<Record<string, SeriesRole>>;
}

const VALUE = { '': 'value' } as const;
const HISTOGRAM = { '': 'misplaced', _bucket: 'bucket', _sum: 'sum', _count: 'count' } as const;
const SUMMARY = { '': 'quantile', _sum: 'sum', _count: 'count' } as const;

/** @see https://prometheus.io/docs/instrumenting/exposition_formats */
const PROMETHEUS_TYPES = byWord([
  { word: 'counter', type: 'counter', series: VALUE },
  { word: 'gauge', type: 'gauge', series: VALUE },
  { word: 'histogram', type: 'histogram', series: HISTOGRAM },
  { word: 'summary', type: 'summary', series: SUMMARY },
  { word: 'untyped', type: 'untyped', series: VALUE },
]);

/** @see https://prometheus.io/docs/specs/om/open_metrics_spec */
const OPEN_METRICS_TYPES = byWord([
  { word: 'counter', type: 'counter', suffix: '_total', series: { _total: 'value' } },
  { word: 'gauge', type: 'gauge', series: VALUE },
  { word: 'histogram', type: 'histogram', series: HISTOGRAM },
  // The model has no such type, and the names of a histogram's series differ.
  {
    word: 'gaugehistogram',
    type: 'untyped',
    series: { '': 'value', _bucket: 'value', _gsum: 'value', _gcount: 'value' },
  },
  { word: 'summary', type: 'summary', series: SUMMARY },
  { word: 'info', type: 'gauge', suffix: '_info', series: { _info: 'value' } },
  { word: 'stateset', type: 'gauge', series: VALUE },
  { word: 'unknown', type: 'untyped', series: VALUE },
]);

function byWord(types: readonly TextType[]): ReadonlyMap<string, TextType> {
  return new Map(types.map((type) => [type.word, type]));
}

export function textType(word: string, format: TextFormat): TextType | undefined {
  return (format === 'openmetrics' ? OPEN_METRICS_TYPES : PROMETHEUS_TYPES).get(word);
}

/** Whether several series are one sample. */
export const isGrouped = ({ type }: TextType) => type === 'histogram' || type === 'summary';
