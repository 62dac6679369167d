import { ACCESS_CHECKS, ACCESS_DEFAULTS, type AccessOptions, type ResolvedAccess } from '../access/options.ts';
import { DOCUMENT_CHECKS, DOCUMENT_DEFAULTS } from '../document/options.ts';
import type { Dashboard } from '../http/endpoints.ts';
import type { ScrapeFailure } from '../model/errors.ts';
import type { MetricsSource } from '../model/metrics-source.ts';
import { sourceFault } from '../sources/check-source.ts';
import { combineList } from '../sources/combine.ts';
import { checkOptions, requireOptions } from '../util/check-options.ts';
import { type Check, expect } from '../util/expect.ts';
import type { Fault } from '../util/option-error.ts';

/** What `metricsRouter` takes. Everything but `source` has a default. */
export interface MetricsRouterOptions extends AccessOptions {
  /** Where the numbers come from; a list is `combineSources(list)`. */
  source: MetricsSource | readonly MetricsSource[];
  /**
   * The path of the text; with `.json` behind it, that of the JSON document. A literal, below the path
   * where the router is mounted.
   * @default '/metrics'
   */
  path?: string;
  /**
   * How many scrapes may be under way at once, slow readers included; further ones get a 503.
   * @default 4
   */
  maxInFlight?: number;
  /**
   * How long (ms) a scrape may wait for the source in all; time spent on sending does not count. Then the
   * source's signal aborts, and the answer is a 503, or a destroyed connection once bytes were sent. A
   * scraper's `X-Prometheus-Scrape-Timeout-Seconds`, less 500 ms, can shorten it.
   * @default 10_000
   */
  timeout?: number;
  /**
   * How long (ms) a client may take no byte before its connection is destroyed, or its HTTP/2 stream closed. The time in
   * which it reads at 8 KiB/s what it was sent is added, up to ten times this one: Node does not see it being read.
   * @default 30_000
   */
  stallTimeout?: number;
  /**
   * How long (ms) a document of up to 256 KiB is served again without asking the source.
   * @default 0
   */
  cacheFor?: number;
  /**
   * Compress (brotli or gzip) for clients that ask for it.
   * @default true
   */
  compression?: boolean;
  /**
   * What one family's failure costs: that family alone (`'continue'`) or the scrape (`'fail'`). It is
   * reported to `onError` in both cases.
   * @default 'continue'
   */
  onSourceError?: 'continue' | 'fail';
  /**
   * How families whose samples all have the same single label are written in JSON: as a map (KumoMTA's way), or
   * as the list that several labels give, for consumers that cannot read a label out of a key.
   * @default 'map'
   */
  singleLabel?: 'map' | 'list';
  /**
   * What becomes of NaN and the infinities in JSON: `null`, the strings `"NaN"`, `"+Inf"`, `"-Inf"`, or the
   * sample is left out.
   * @default 'null'
   */
  nonFinite?: 'null' | 'string' | 'omit';
  /**
   * Offer OpenMetrics to scrapers that ask for it. It has exemplars and units, but renames counters
   * that lack `_total`, and spells bounds as floats.
   * @default false
   */
  openMetrics?: boolean;
  /**
   * Add the endpoint's own metrics, `metrics_endpoint_*`, to its documents.
   * @default false
   */
  selfMetrics?: boolean;
  /**
   * Serve a live page at the path with `.html` behind it, behind the same guards: `dashboard()` of
   * `express-metrics-json/dashboard`. Without it nothing of the page is loaded, and the path is not this router's.
   */
  dashboard?: Dashboard;
  /** Told of everything that was lost. What it throws is ignored. */
  onError?: (failure: ScrapeFailure) => void;
}

/** Unreserved characters only: every router and every proxy reads these the same way. */
const LITERAL_PATH = /^(\/(?!\.{1,2}(\/|$))[\w.~-]+)+$/;

/** The router adds these itself. */
const ENDING = /\.(json|html)$/i;

const MAX_SUGGESTED = 100;

/** The options with their defaults; what has none stays as it was given. */
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
  requireOptions('metricsRouter', checked, CHECKS, 'source');
  const { source } = checked;
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

/** `Array.isArray` does not see that a list may be readonly. */
const isList = (source: MetricsRouterOptions['source']): source is readonly MetricsSource[] => Array.isArray(source);

function dashboardFault(value: unknown): Fault | undefined {
  if (typeof (value as Dashboard | null)?.pages === 'function') return undefined;
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
