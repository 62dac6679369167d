import type { MetricType } from '../../model/metric-family.ts';
import { checkOptions, checkValue } from '../../util/check-options.ts';
import { type Check, expect, expecting } from '../../util/expect.ts';
import { type Fault, member, optionError } from '../../util/option-error.ts';
import { metricOf, parseSelector, partsOf, type Selector } from './promql.ts';

interface Described {
  /**
   * Help text of the family.
   * @default that of the server's metadata
   */
  help?: string | undefined;
  /**
   * Base unit of the family, such as `seconds`.
   * @default that of the server's metadata
   */
  unit?: string | undefined;
}

/** PromQL that returns an instant vector or a scalar. Each series becomes a sample. */
export interface InstantQuery extends Described {
  /** PromQL expression. */
  query: string;
  /**
   * Type of the family.
   * @default that of the server's metadata for a plain selector, or for `sum`, `min` or `max` of one; `histogram` for
   *   native histograms; otherwise `gauge`
   */
  type?: 'counter' | 'gauge' | 'histogram' | 'untyped' | undefined;
}

/** A classic histogram, assembled from its `_bucket`, `_sum` and `_count`. */
export interface HistogramQuery extends Described {
  /** Name of the metric without these suffixes, with or without matchers: `'latency_seconds{job="api"}'`. */
  histogram: string;
  /**
   * Labels to keep; the histograms are summed over all others.
   * @default all labels are kept
   */
  by?: readonly string[] | undefined;
}

/** A summary, assembled from its quantiles, `_sum` and `_count`. There is no `by`, as quantiles cannot be summed. */
export interface SummaryQuery extends Described {
  /** Name of the metric, with or without matchers. */
  summary: string;
}

/** Family name → PromQL, or a query object. */
export type Queries = Readonly<Record<string, string | InstantQuery | HistogramQuery | SummaryQuery>>;

/** One query, ready to be sent. */
export type FamilyQuery = Described & { readonly name: string; readonly promql: string } & (InstantKind | PartsKind);

interface InstantKind {
  readonly kind: 'instant';
  /** Metric whose values the query returns, if it is a single one. */
  readonly metric: string | undefined;
  readonly type: MetricType | undefined;
}

interface PartsKind {
  readonly kind: 'histogram' | 'summary';
  readonly metric: string;
  readonly type: 'histogram' | 'summary';
}

const isQueries: Check = (value) => {
  const isFilled = typeof value === 'object' && !Array.isArray(value) && Object.keys(value ?? {}).length > 0;
  if (isFilled) return undefined;
  return { expected: 'an object of family names and PromQL', write: "{ queue_depth: 'sum by (queue) (queue_depth)' }" };
};

/** Reads the queries. @throws {TypeError} for an invalid one, which it names */
export function readQueries(caller: string, queries: unknown): readonly FamilyQuery[] {
  checkValue(caller, 'queries', queries, isQueries);
  return Object.entries(queries as Queries).map(([name, definition]) => readQuery(caller, name, definition));
}

const KINDS = ['query', 'histogram', 'summary'] as const;

const isPromql = expecting(
  'PromQL',
  "'sum by (queue) (queue_depth)'",
  (value) => typeof value === 'string' && value.trim() !== '',
);

const DESCRIBED_CHECKS = { help: expect.string, unit: expect.string } satisfies Record<keyof Described, Check>;

const QUERY_CHECKS = {
  query: isPromql,
  type: expect.oneOf('counter', 'gauge', 'histogram', 'untyped'),
  ...DESCRIBED_CHECKS,
};

const isSelector = expecting(
  "a metric's name without _bucket, _sum and _count, with or without matchers",
  `'latency_seconds' or 'latency_seconds{job="api"}'`,
  (value) => {
    const metric = typeof value === 'string' ? parseSelector(value)?.metric : undefined;
    return metric !== undefined && !metric.endsWith('_bucket');
  },
);

const BY_LABEL = /^(?!(?:le|__name__)$)[a-zA-Z_]\w*$/;

const isByLabel = expecting(
  'a label name other than le',
  '"route"',
  (value) => typeof value === 'string' && BY_LABEL.test(value),
);

const HISTOGRAM_CHECKS = {
  histogram: isSelector,
  by: expect.listOf('a list of label names', '["route"]', isByLabel),
  ...DESCRIBED_CHECKS,
};

const SUMMARY_CHECKS = { summary: isSelector, ...DESCRIBED_CHECKS };

function readQuery(caller: string, name: string, definition: unknown): FamilyQuery {
  const path = `queries${member(name)}`;
  const invalid = (fault: Fault) => optionError(`${caller}: ${path}`, definition, fault);
  if (name === '') throw invalid({ expected: "a family's name for the query", got: '""', write: 'queue_depth: …' });
  const given = typeof definition === 'string' ? { query: definition } : definition;
  const kinds = KINDS.filter((kind) => Object(given)[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const expected = 'PromQL, or an object with one of query, histogram and summary';
    throw invalid({ expected, write: "'sum by (queue) (queue_depth)'" });
  }
  switch (kind) {
    case 'query': {
      const { query, type, ...described } = checkOptions(caller, given as InstantQuery, QUERY_CHECKS, path);
      return { name, promql: query, kind: 'instant', metric: metricOf(query), type, ...described };
    }
    case 'histogram': {
      const { histogram, by, ...described } = checkOptions(caller, given as HistogramQuery, HISTOGRAM_CHECKS, path);
      const selector = parseSelector(histogram) as Selector;
      const promql = partsOf(selector, ['_bucket', '_sum', '_count'], by);
      return { name, promql, kind, type: kind, metric: selector.metric, ...described };
    }
    case 'summary': {
      const { summary, ...described } = checkOptions(caller, given as SummaryQuery, SUMMARY_CHECKS, path);
      const selector = parseSelector(summary) as Selector;
      const promql = partsOf(selector, ['', '_sum', '_count']);
      return { name, promql, kind, type: kind, metric: selector.metric, ...described };
    }
  }
}
