import { ACCESS_CHECKS, ACCESS_DEFAULTS, type AccessOptions, type ResolvedAccess } from '../access/options.ts';
import { DOCUMENT_CHECKS, DOCUMENT_DEFAULTS } from '../document/options.ts';
import type { Dashboard } from '../http/endpoints.ts';
import type { ScrapeFailure } from '../model/errors.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { sourceFault } from '../sources/check-source.ts';
import { combineList } from '../sources/combine.ts';
import { processMetrics } from '../sources/process.ts';
import { checkOptions } from '../util/check-options.ts';
import { type Check, expect } from '../util/expect.ts';
import type { Fault } from '../util/option-error.ts';

/** Options of `metricsRouter`. Everything has a default. */
export interface MetricsRouterOptions extends AccessOptions {
  /**
   * Source of the metrics. A list is combined with `combineSources`. By default, it is `processMetrics()` of
   * `express-metrics-json/process`.
   * @default processMetrics()
   */
  source?: MetricsSource | readonly MetricsSource[];
  /**
   * Path of the text document, below the path where the router is mounted. With `.json` appended, it is the path of
   * the JSON document. A literal path, without parameters or patterns.
   * @default '/metrics'
   */
  path?: string;
  /**
   * Maximum number of concurrent scrapes, slow readers included. Further scrapes get a 503.
   * @default 4
   */
  maxInFlight?: number;
  /**
   * Maximum time (ms) that a scrape waits for the source in total. The time to send the response does not count. When
   * it is over, the source's signal aborts, and the response is a 503. If bytes were already sent, the connection is
   * destroyed instead. A scraper can shorten the time with `X-Prometheus-Scrape-Timeout-Seconds`, of which 500 ms are
   * subtracted.
   * @default 10_000
   */
  timeout?: number;
  /**
   * Maximum time (ms) for which a client may read nothing. Then its connection is destroyed, or its HTTP/2 stream
   * closed. The time that a client needs to read the sent bytes at 8 KiB/s is added, up to ten times this option,
   * because Node does not report when a client reads.
   * @default 30_000
   */
  stallTimeout?: number;
  /**
   * Time (ms) for which a document of up to 256 KiB is cached. During it, scrapes do not collect from the source.
   * @default 0
   */
  cacheFor?: number;
  /**
   * Compress responses with brotli or gzip for clients that accept it.
   * @default true
   */
  compression?: boolean;
  /**
   * What happens when a family fails. `'continue'` drops only that family; `'fail'` fails the whole scrape. In both
   * cases, `onError` is called.
   * @default 'continue'
   */
  onSourceError?: 'continue' | 'fail';
  /**
   * JSON format of families whose samples all have the same single label: `'map'` from label value to value, as in
   * KumoMTA, or `'list'`, the format of families with several labels.
   * @default 'map'
   */
  singleLabel?: 'map' | 'list';
  /**
   * JSON format of NaN and infinities: `null`, the strings `"NaN"`, `"+Inf"` and `"-Inf"`, or `'omit'` to leave out
   * the sample.
   * @default 'null'
   */
  nonFinite?: 'null' | 'string' | 'omit';
  /**
   * Offer OpenMetrics to scrapers that accept it. OpenMetrics has exemplars and units. It appends `_total` to the names
   * of counters that lack it, and writes bucket bounds as floats.
   * @default false
   */
  openMetrics?: boolean;
  /**
   * Add the endpoint's own metrics, `metrics_endpoint_*`, to its documents.
   * @default false
   */
  selfMetrics?: boolean;
  /**
   * A live page, created by `dashboard()` of `express-metrics-json/dashboard`. It is served at `path` with `.html`
   * appended, with the same access control. By default there is no page.
   */
  dashboard?: Dashboard;
  /** Called for every failed scrape and every dropped family or sample. Exceptions are ignored. */
  onError?: (failure: ScrapeFailure) => void;
}

/** Unreserved characters only, which all routers and proxies interpret in the same way. */
const LITERAL_PATH = /^(\/(?!\.{1,2}(\/|$))[\w.~-]+)+$/;

/** Endings that the router appends itself. */
const ENDING = /\.(json|html)$/i;

/** Maximum length of a path in a suggestion. */
const MAX_SUGGESTED = 100;

/** The options with their defaults. Options without a default stay as they were given. */
export type ResolvedOptions = typeof DEFAULTS &
  MetricsRouterOptions &
  ResolvedAccess & { readonly source: MetricsSource };

const DEFAULTS = {
  ...ACCESS_DEFAULTS,
  ...DOCUMENT_DEFAULTS,
  path: '/metrics',
  maxInFlight: 4,
  stallTimeout: 30_000,
  cacheFor: 0,
  compression: true,
  selfMetrics: false,
} satisfies Partial<MetricsRouterOptions>;

const CHECKS = {
  source: sourceOrListFault,
  path: pathFault,
  maxInFlight: expect.positiveInteger,
  stallTimeout: expect.milliseconds,
  cacheFor: expect.millisecondsOrZero,
  compression: expect.boolean,
  selfMetrics: expect.boolean,
  dashboard: dashboardFault,
  ...DOCUMENT_CHECKS,
  ...ACCESS_CHECKS,
} satisfies Record<keyof MetricsRouterOptions, Check>;

/** @throws {TypeError} that names the option, its value and what to write */
export function resolveOptions(options: MetricsRouterOptions): ResolvedOptions {
  const checked = checkOptions('metricsRouter', options, CHECKS);
  const { source = processMetrics() } = checked;
  return {
    ...DEFAULTS,
    ...checked,
    source: isList(source) ? combineList('metricsRouter', 'source', source, {}) : source,
  } as ResolvedOptions;
}

function sourceOrListFault(value: unknown): Fault | undefined {
  // The members of a list are checked where they are combined.
  return Array.isArray(value) ? undefined : sourceFault(value);
}

/** The type guard of `Array.isArray` does not cover readonly arrays. */
const isList = (source: MetricsSource | readonly MetricsSource[]): source is readonly MetricsSource[] =>
  Array.isArray(source);

function dashboardFault(value: unknown): Fault | undefined {
  if (typeof (value as Partial<Dashboard> | null)?.pages === 'function') return undefined;
  return { expected: 'a dashboard', write: 'dashboard() of express-metrics-json/dashboard' };
}

function pathFault(value: unknown): Fault | undefined {
  const path = typeof value === 'string' ? value : '';
  if (LITERAL_PATH.test(path) && !ENDING.test(path)) return undefined;
  if (path === '/') {
    return {
      expected: 'a path below the place where the router is mounted',
      write: "path: '/metrics', and app.use(metricsRouter(…)) without a path",
    };
  }
  const repaired = `/${path.split('/').filter(Boolean).join('/').replace(ENDING, '')}`;
  const isShort = repaired.length <= MAX_SUGGESTED && LITERAL_PATH.test(repaired);
  const write = `path: '${isShort ? repaired : '/metrics'}'`;
  if (LITERAL_PATH.test(path)) return { expected: 'a path without the ending that the router adds', write };
  return { expected: 'a literal path: a slash before each part, then letters, digits and -._~', write };
}
