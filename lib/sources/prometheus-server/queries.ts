import type { MetricType } from '../../model/metric-family.ts';
import { checkOptions, checkValue } from '../../util/check-options.ts';
import { type Check, expect, expecting } from '../../util/expect.ts';
import { type Fault, member, optionError } from '../../util/option-error.ts';
import { metricOf, parseSelector, partsOf, type Selector } from './promql.ts';

interface Described {
  /** That of the server's metadata where nothing is said. */
  help?: string | undefined;
  /** The base unit, such as `seconds`. */
  unit?: string | undefined;
}

/** PromQL that gives an instant vector or a scalar: a sample for each series. */
export interface InstantQuery extends Described {
  query: string;
  /**
   * Where nothing is said: that of the server's metadata for a plain selector and for `sum`, `min` or `max` of one,
   * `histogram` where native histograms come, otherwise `gauge`.
   */
  type?: 'counter' | 'gauge' | 'histogram' | 'untyped' | undefined;
}

/** A classic histogram, put together from its `_bucket`, `_sum` and `_count`. */
export interface HistogramQuery extends Described {
  /** The metric's name without these endings, with or without matchers: `'latency_seconds{job="api"}'`. */
  histogram: string;
  /** Sums over all labels but these; where nothing is said, every series is given. */
  by?: readonly string[] | undefined;
}

/** A summary, put together from its quantiles, `_sum` and `_count`. Quantiles cannot be added up: there is no `by`. */
export interface SummaryQuery extends Described {
  /** The metric's name, with or without matchers. */
  summary: string;
}

/** Family name → PromQL, or one of the objects. */
export type Queries = Readonly<Record<string, string | InstantQuery | HistogramQuery | SummaryQuery>>;

/** One query, ready to be asked. */
export type FamilyQuery = Described & { readonly name: string; readonly promql: string } & (InstantKind | PartsKind);

interface InstantKind {
  readonly kind: 'instant';
  /** The metric whose values these are, where they are those of one. */
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

/** @throws {TypeError} that names the query */
export function readQueries(caller: string, queries: unknown): readonly FamilyQuery[] {
  checkValue(caller, 'queries', queries, isQueries);
  return Object.entries(queries as Queries).map(([name, definition]) => readQuery(caller, name, definition));
}

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

const KINDS = ['query', 'histogram', 'summary'] as const;

const isPromql = expecting(
  'PromQL',
  "'sum by (queue) (queue_depth)'",
  (value) => typeof value === 'string' && value.trim() !== '',
);

const isSelector = expecting(
  "a metric's name without _bucket, _sum and _count, with or without matchers",
  `'latency_seconds' or 'latency_seconds{job="api"}'`,
  (value) => {
    const metric = typeof value === 'string' ? parseSelector(value)?.metric : undefined;
    return metric !== undefined && !metric.endsWith('_bucket');
  },
);

const OWN_LABEL = /^(?!(?:le|__name__)$)[a-zA-Z_]\w*$/;

const isOwnLabel = expecting(
  'a label name other than le',
  '"route"',
  (value) => typeof value === 'string' && OWN_LABEL.test(value),
);

const DESCRIBED_CHECKS = { help: expect.string, unit: expect.string } satisfies Record<keyof Described, Check>;
const QUERY_CHECKS = {
  query: isPromql,
  type: expect.oneOf('counter', 'gauge', 'histogram', 'untyped'),
  ...DESCRIBED_CHECKS,
};
const HISTOGRAM_CHECKS = {
  histogram: isSelector,
  by: expect.listOf('a list of label names', '["route"]', isOwnLabel),
  ...DESCRIBED_CHECKS,
};
const SUMMARY_CHECKS = { summary: isSelector, ...DESCRIBED_CHECKS };
